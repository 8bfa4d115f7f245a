/** The texts of every handshake under one remedy, in English. */
export const en = {
  facts: {
    outcome: 'how the handshake ends',
    received: "what the server's program reads",
    kernelResets: "RSTs of the hand-made side's kernel on the link",
    dropped: 'what a rule has dropped',
    owner: "who owns the four-tuple, asks the hand-made side's kernel",
  },
} as const;
