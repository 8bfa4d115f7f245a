/** Rule sets as firewalls leave them on a host, shortened: what a filter of ours has to live beside without a trace. */

export interface RuleSet {
  readonly name: string;
  /** For iptables-restore. */
  readonly v4?: string;
  /** For ip6tables-restore. */
  readonly v6?: string;
  /** For nft -f. */
  readonly nft?: string;
}

const UFW = (ufw: string): string => `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:${ufw}-before-input - [0:0]
:${ufw}-before-output - [0:0]
:${ufw}-logging-deny - [0:0]
:${ufw}-user-input - [0:0]
-A INPUT -j ${ufw}-before-input
-A OUTPUT -j ${ufw}-before-output
-A ${ufw}-before-input -i lo -j ACCEPT
-A ${ufw}-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ${ufw}-before-input -m conntrack --ctstate INVALID -j ${ufw}-logging-deny
-A ${ufw}-before-input -m conntrack --ctstate INVALID -j DROP
-A ${ufw}-before-input -j ${ufw}-user-input
-A ${ufw}-before-output -o lo -j ACCEPT
-A ${ufw}-logging-deny -m limit --limit 3/min --limit-burst 10 -j RETURN
-A ${ufw}-user-input -p tcp -m tcp --dport 22 -m comment --comment "allow ssh, please" -j ACCEPT
COMMIT
`;

const DOCKER = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
`;

const FIREWALLD = `table inet firewalld {
	chain mangle_PREROUTING {
		type filter hook prerouting priority mangle + 10; policy accept;
	}
	chain filter_INPUT {
		type filter hook input priority filter + 10; policy accept;
		ct state { established, related } accept
		ct state invalid drop
		iifname "lo" accept
		jump filter_INPUT_ZONES
		reject with icmpx admin-prohibited
	}
	chain filter_INPUT_ZONES {
		tcp dport 22 accept
	}
	chain filter_OUTPUT {
		type filter hook output priority filter + 10; policy accept;
		ct state { established, related } accept
		oifname "lo" accept
	}
}
`;

/** A person's own rules in the very chain that ours goes into, one of them about RSTs. */
const OWN = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:mine - [0:0]
-A OUTPUT -p udp -m udp --dport 53 -j CT --notrack
-A OUTPUT -p tcp -m tcp --tcp-flags RST RST -j mine
-A mine -m comment --comment "not rawshake's" -j RETURN
COMMIT
`;

export const RULE_SETS: readonly RuleSet[] = [
  { name: 'no rules at all' },
  { name: 'ufw', v4: UFW('ufw'), v6: UFW('ufw6') },
  { name: 'docker', v4: DOCKER },
  { name: 'own rules in raw OUTPUT', v4: OWN, v6: OWN },
];

/** nftables' own, which the iptables of the old kind knows nothing of. */
export const NFT_RULE_SETS: readonly RuleSet[] = [
  { name: 'firewalld', nft: FIREWALLD },
  { name: 'firewalld and docker', nft: FIREWALLD, v4: DOCKER },
];
