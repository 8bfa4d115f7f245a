/** Instructions of classic BPF, and what the kernel answers at addresses beyond the packet. <linux/filter.h>. */

// Opcodes: load word, half word or byte at a fixed offset or one relative to X, the IPv4 header length into X, jump, return.
export const LD_W_ABS = 0x20;
export const LD_H_ABS = 0x28;
export const LD_B_ABS = 0x30;
export const LD_H_IND = 0x48;
export const LD_B_IND = 0x50;
export const LDX_MSH = 0xb1;
export const JEQ = 0x15;
export const AND = 0x54;
export const ADD = 0x04;
export const MOD = 0x94;
export const RET = 0x06;
export const RET_A = 0x16;
/** Negative offsets that reach what the bytes do not hold: the network header, the packet's protocol, to whom its frame was sent, its mark, its hash, its processor, its VLAN tag. */
export const SKF_NET_OFF = 0xfff00000;
export const SKF_AD_PROTOCOL = 0xfffff000;
export const SKF_AD_PKTTYPE = 0xfffff000 + 4;
export const SKF_AD_MARK = 0xfffff000 + 20;
export const SKF_AD_RXHASH = 0xfffff000 + 32;
export const SKF_AD_CPU = 0xfffff000 + 36;
export const SKF_AD_VLAN_TAG = 0xfffff000 + 44;
export const SKF_AD_VLAN_TAG_PRESENT = 0xfffff000 + 48;
export const VLAN_ID = 0xfff;
export const WHOLE_PACKET = 0xffffffff;
