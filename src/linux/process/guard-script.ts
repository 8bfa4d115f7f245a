/**
 * The guard: a shell of its own that adds a rule and removes it when the process that started it is gone. It must be the
 * one that adds: were it somebody else, its removal could overtake the addition.
 *
 * Where iptables is the one on nf_tables and the host had no `raw` table, or no chain OUTPUT in it, the rule brings them,
 * and they would stay. The guard then makes them itself, atomically (`create` fails on what is there), together with an
 * empty chain whose name says so. The guard of the last rule removes rule, chain and mark in one transaction, which fails
 * where somebody has added a rule since (iptables -X), and the table in another, which fails where somebody has added a
 * chain (`create` again). A lock keeps guards from doing so at the same time: on the journal's folder, which nobody else can
 * hold; where there is none, on the network namespace. Transactions are sound without it, so it is not waited for long.
 */

export const MADE_TABLE = 'rawshake-made-table';
export const MADE_CHAIN = 'rawshake-made-chain';

/**
 * `guard MODE FAMILY ENTRY COUNT ADD… REMOVE…`. COUNT: how many words ADD has. ENTRY: the journal's, which goes with the rule. FAMILY is empty unless it has to tidy,
 * and ADD and REMOVE then begin with `PROGRAM -w -t raw`.
 *
 * It answers with what is in force and `ready`, or `failed`, and so it does to `again FAMILY`; to `remove`, or in mode
 * `remove`, `removed`, `emptied` or `kept`, and then waits: the process that started it, while it lives, deletes the
 * emptied table and the journal's entry quicker than programs do. After `removed` it has nothing left to do. The entry stays
 * with a rule that was `kept`, or may have been: that its removal failed does not say that it is not there.
 */
export const GUARD_SCRIPT = `
# Not even a terminal that hangs up, nor a reader that is gone, may keep it from removing the rule.
trap '' HUP INT TERM PIPE USR1
mode=$1 family=$2 entry=$3 count=$4 result= held=
shift 4
# Where no process could be started to the end, the program that removes the rule takes the place of this one. The entry stays.
trap '[ -z "$held" ] || { shift $count; exec "$@"; }' EXIT

insert() {
  make
  add "$@"
}
add() { # runs the first COUNT words
  i=0 total=$#
  while [ $i -lt $total ]; do
    word=$1
    shift
    [ $i -ge $count ] || set -- "$@" "$word"
    i=$((i + 1))
  done
  "$@"
}
remove() { # runs the rest; 10: the table is empty now
  shift $count
  look "$1"
  if [ -z "$made" ] || ! unmake "$1" "$(without_place "$@")"; then
    "$@" || {
      code=$?
      undo "$1" # somebody else has removed the rule, and left what it brought
      return $code
    }
  elif [ -n "$chain" ] && [ $made = ${MADE_TABLE} ]; then
    return 10
  fi
}
without_place() { # as iptables-restore wants it
  shift 4
  echo "$*"
}

# What is to go with a rule of ours: nothing while there is another, for it is the one that keeps them; the mark of a
# table or chain that was made; and the chain, unless it holds a rule that is not ours.
look() { # PROGRAM
  made= chain= rules=
  [ -n "$family" ] || return 0
  rules=$("$1" -w -t raw -S)
  case $rules in
    *rawshake:*rawshake:*) return 0 ;;
    *'-N ${MADE_TABLE}'*) made=${MADE_TABLE} ;;
    *'-N ${MADE_CHAIN}'*) made=${MADE_CHAIN} ;;
  esac
  case $rules in
    *'-P OUTPUT DROP'* | *'-A OUTPUT'*'-A OUTPUT'*) ;;
    *'-A OUTPUT'*rawshake:*) chain='-X OUTPUT' ;;
    *'-A OUTPUT'*) ;;
    *) chain='-X OUTPUT' ;;
  esac
}
unmake() { # PROGRAM RULE
  printf '*raw\n%s\n-X %s\n%s\nCOMMIT\n' "$2" $made "$chain" | "$1-restore" -w --noflush 2>/dev/null
}
# Only while it is empty, for nft deletes all that is in a table: sets and the like are seen before, and chains of iptables'
# that come after have it fail.
delete_table() {
  [ "$(nft -t list table $family raw | grep -v '^#' | tr -d ' \n')" = "table\${family}raw{}" ] || return 0
  nft "create chain $family raw OUTPUT; create chain $family raw PREROUTING; delete table $family raw" 2>/dev/null
}

make() {
  [ -n "$family" ] || return 0
  base='{ type filter hook output priority raw; policy accept; }'
  nft "create table $family raw; create chain $family raw ${MADE_TABLE}; create chain $family raw OUTPUT $base" 2>/dev/null ||
    nft "create chain $family raw OUTPUT $base; create chain $family raw ${MADE_CHAIN}" 2>/dev/null || :
}
undo() { # PROGRAM: what was made for a rule that is not there, unless another of ours is
  look "$1"
  case $rules in *rawshake:*) return 0 ;; esac
  [ -z "$made" ] || ! unmake "$1" '' || [ -z "$chain" ] || [ $made = ${MADE_CHAIN} ] || delete_table
}

lock() {
  place=/proc/self/ns/net
  [ ! -d "\${entry%/*}" ] || place=\${entry%/*}
  exec 4<"$place"
  [ -z "$family" ] || patiently 0 acquire
} 2>/dev/null
acquire() {
  tries=0
  until flock -n 4 || [ $tries -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.01
  done
}
unlock() { exec 4<&-; }

put() {
  lock
  patiently 0 insert "$@"
  if [ $status = 0 ]; then
    held=yes
    unlock
    command eval 'show "$1"' 2>/dev/null
    echo ready || : # nobody may be there any more to hear it
  else
    said=$output
    patiently 0 undo "$1"
    if [ $status = unforked ]; then
      printf '%s\nkept\n' "$said" # the entry
      patiently 100 undo "$1"
      [ $status != unforked ] || result=kept
    else
      printf '%s\nfailed\n' "$said"
    fi
    unlock
    return 1
  fi
}
show() { # PROGRAM: what is in force, for the process that started it to compare
  case $1 in *tables) "$1-save" -c -t raw 2>/dev/null ;; esac
}
take() {
  lock
  patiently 100 remove "$@"
  case $status in
    0) result=removed ;;
    10) result=emptied ;;
    *) result=kept ;;
  esac
  [ $status = unforked ] || held=
  printf '%s\n%s\n' "$output" $result
  read -r word
  if [ $result = emptied ] && [ "$word" != finished ]; then
    patiently 100 delete_table
    [ $status != unforked ] || result=kept
  fi
  unlock
}

case $mode in
  add) # not for a process that was killed meanwhile: it has not seen that the rule is there
    if put "$@"; then
      read -r word && [ "$word" = keep ] && held= || take "$@"
    fi
    ;;
  remove) take "$@" ;;
  hold)
    if put "$@"; then
      while read -r word now && [ "$word" = again ]; do
        family=$now
        put "$@"
      done
      if [ "$word" = removed ]; then held=; else take "$@"; fi
    fi
    [ "$result" = kept ] || [ -z "$entry" ] || [ ! -e "$entry" ] || exec rm -f "$entry"
    ;;
esac
`;
