// Which accounts this process holds, for whoever has something for one of them in the same process: it rings at once, without a way through
// Postgres. What is held elsewhere is rung by NOTIFY.
import type { Owned } from './instance-owners.ts'

export type AccountsHere = {
  /** From now on, until it is over; a newer one of the instance takes its place. */
  hold(of: HeldHere): void
  /** Those that are held now. */
  held(): readonly HeldHere[]
  /** null: nobody here holds it. */
  find(instanceId: string): HeldHere | null
}
export type HeldHere = Owned & { ring(): void; isOver(): boolean }

export function createAccountsHere(): AccountsHere {
  const accounts = new Map<string, HeldHere>()

  function find(instanceId: string): HeldHere | null {
    const account = accounts.get(instanceId)
    if (account?.isOver() === true) accounts.delete(instanceId)
    return accounts.get(instanceId) ?? null
  }

  return {
    hold: account => void accounts.set(account.instanceId, account),
    held: () => [...accounts.keys()].flatMap(instanceId => find(instanceId) ?? []),
    find,
  }
}
