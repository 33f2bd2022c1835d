// Which accounts this process holds, for whoever has something for one of them in the same process: it puts that into its hands, or rings, at once and
// without a way through Postgres. What is held elsewhere is rung by NOTIFY.
import type { ChatTimer, ClaimedCommand } from './commands-claimed.ts'
import type { Owned } from './instance-owners.ts'

export type AccountsHere = {
  /** From now on, until it is over; a newer one of the instance takes its place. */
  hold(of: HeldHere): void
  /** Those that are held now. */
  held(): readonly HeldHere[]
  /** null: nobody here holds it. */
  find(instanceId: string): HeldHere | null
}
export type HeldHere = Owned & {
  ring(): void
  isOver(): boolean
  /** A place for what is about to be accepted, until it is begun or left: nothing else of its chat goes out meanwhile. null: it waits for its turn. */
  reserve(of: ToReserve): Place | null
}
/** `chatId`: its lane; `isPaced`: it takes a turn of the account's pace. */
export type ToReserve = { chatId: string; isPaced: boolean }
export type Place = {
  epoch: number
  chatTimer: ChatTimer
  /** It is claimed under this epoch, by its row. */
  begin(command: ClaimedCommand): void
  /** It is not, as far as is known: its row says it, and is looked at. */
  leave(): void
}

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
