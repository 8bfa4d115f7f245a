/** The numbers of pcapng's blocks and options. draft-ietf-opsawg-pcapng §4. */

export const BlockType = {
  SECTION_HEADER: 0x0a0d0d0a,
  INTERFACE_DESCRIPTION: 1,
  /** Obsolete: the enhanced one took its place. */
  PACKET: 2,
  SIMPLE_PACKET: 3,
  ENHANCED_PACKET: 6,
} as const;

export const OptionCode = {
  END: 0,
  COMMENT: 1,
  IF_NAME: 2,
  /** Of a section header: the program that wrote it. */
  USER_APPLICATION: 4,
  IF_TSRESOL: 9,
  IF_TSOFFSET: 14,
} as const;

export const byteOrderMagic = 0x1a2b3c4d;
