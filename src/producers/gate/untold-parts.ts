// Stanza parts that are in the log while WhatsApp may not have been told so: where their connection ends, it delivers them once more, and by then
// their keys are used. They are answered with what they were decrypted to, so that their senders get receipts. Over all sessions of an account in
// this process; after its death such a part is refused as used (NACK 487), which costs its sender the receipt. The newest of each account are
// kept, told or not: a receipt that was written into a connection may be lost with it.

export type UntoldParts = {
  keep(part: string, plaintext: Uint8Array): void
  /** undefined: not kept, or no longer. */
  find(part: string): Uint8Array | undefined
  /** What WhatsApp delivers again comes first: what was kept before and has not come in [5 min] will not. */
  loggedIn(): void
  /** All of the account. */
  forget(): void
}
/** Of a process: its accounts share one bound. */
export type UntoldPartsOfAll = { ofAccount(): UntoldParts }
type Bounds = {
  /** Of an account: of the 64 stanzas that are taken in ahead (taken-stanzas.ts), two each. */
  maxParts?: number
  /** Of all accounts. Beyond it, the account that holds most gives its oldest. */
  maxBytes?: number
  /** Milliseconds that never go back. */
  monotonic?: () => number
}
/** `login`: during which it was kept. */
type Kept = { plaintext: Uint8Array; login: number }
type Account = { parts: Map<string, Kept>; bytes: number; login: number; loginAt: number }

/** Of an entry, beside its plaintext. */
const entryBytes = 400
const comesWithinMs = 5 * 60 * 1000

export function createUntoldParts(bounds: Bounds = {}): UntoldPartsOfAll {
  const { maxParts = 128, maxBytes = 16 * 1024 * 1024, monotonic = () => performance.now() } = bounds
  /** Those that hold something. */
  const accounts = new Set<Account>()
  let keptBytes = 0

  function drop(account: Account, part: string): void {
    const kept = account.parts.get(part)
    if (kept === undefined) return
    account.parts.delete(part)
    account.bytes -= sizeOf(kept)
    keptBytes -= sizeOf(kept)
    if (account.parts.size === 0) accounts.delete(account)
  }

  function dropOldest(account: Account): void {
    const [oldest] = account.parts.keys()
    if (oldest !== undefined) drop(account, oldest)
  }

  function dropStale(account: Account): void {
    if (monotonic() - account.loginAt < comesWithinMs) return
    for (const [part, { login }] of account.parts) if (login < account.login) drop(account, part)
  }

  function keep(account: Account, part: string, plaintext: Uint8Array): void {
    dropStale(account)
    drop(account, part)
    const kept = { plaintext, login: account.login }
    account.parts.set(part, kept)
    account.bytes += sizeOf(kept)
    keptBytes += sizeOf(kept)
    accounts.add(account)
    if (account.parts.size > maxParts) dropOldest(account)
    while (keptBytes > maxBytes) dropOldest(largest(accounts, account))
  }

  return {
    ofAccount: () => {
      const account: Account = { parts: new Map(), bytes: 0, login: 0, loginAt: Number.NEGATIVE_INFINITY }
      return {
        keep: (part, plaintext) => keep(account, part, plaintext),
        find: part => account.parts.get(part)?.plaintext,
        loggedIn: () => {
          dropStale(account)
          account.login += 1
          account.loginAt = monotonic()
        },
        forget: () => {
          for (const part of account.parts.keys()) drop(account, part)
        },
      }
    },
  }
}

const sizeOf = ({ plaintext }: Kept): number => entryBytes + plaintext.length

const largest = (accounts: Iterable<Account>, one: Account): Account =>
  [...accounts].reduce((most, account) => (account.bytes > most.bytes ? account : most), one)
