// Stanza parts of one account that are in the log while WhatsApp may not have been told so: where their connection ends, it delivers them once
// more, and by then their keys are used. They are answered with what they were decrypted to, so that their senders get receipts. Over all
// sessions of the account in this process; after its death such a part is refused as used (NACK 487), which costs its sender the receipt.

export type UntoldParts = {
  keep(part: string, plaintext: Uint8Array): void
  /** undefined: not kept, or no longer. */
  find(part: string): Uint8Array | undefined
  /** Its receipt has left. */
  told(part: string): void
}

/** maxBytes: of plaintexts; the oldest go first, and the newest alone may be larger. */
export function createUntoldParts({ maxBytes }: { maxBytes: number }): UntoldParts {
  const kept = new Map<string, Uint8Array>()
  let keptBytes = 0

  function told(part: string): void {
    keptBytes -= kept.get(part)?.length ?? 0
    kept.delete(part)
  }

  return {
    keep: (part, plaintext) => {
      told(part)
      kept.set(part, plaintext)
      keptBytes += plaintext.length
      for (const oldest of kept.keys()) {
        if (keptBytes <= maxBytes || oldest === part) return
        told(oldest)
      }
    },
    find: part => kept.get(part),
    told,
  }
}
