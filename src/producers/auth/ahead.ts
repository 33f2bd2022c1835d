// Writing ahead: what is set inside of `ahead` counts at once and becomes durable later, and whoever began it is told when what may not lag is.
// Who is inside is known by the context of the call, as Baileys' own transactions know it (lib/Utils/auth-utils.js).
import { AsyncLocalStorage } from 'node:async_hooks'
import type { KeyName } from './auth-tables.ts'
import type { KeyWrites } from './key-writes.ts'
import type { SetKey } from './lagging-keys.ts'

export type Ahead = {
  ahead<T>(work: () => Promise<T>): Promise<{ result: T; kept: Promise<void> }>
  flush(): Promise<void>
  /** Resolves once it is durable; inside of `ahead` at once. */
  set(unit: readonly SetKey[]): Promise<void>
  /** Of what was read inside. */
  noteRead(names: readonly KeyName[]): void
  /** What was read inside of this call; outside of any, nothing was. */
  read(): readonly KeyName[]
}
/** One call of `ahead`. `owes`: something of it may not lag. `isOver`: what goes on without its caller is nobody's any more. */
type Call = { owes: boolean; isOver: boolean; read: Map<string, KeyName> }

export function createAhead(writes: Pick<KeyWrites, 'change' | 'lag'>): Ahead {
  const calls = new AsyncLocalStorage<Call>()

  function current(): Call | null {
    const call = calls.getStore()
    return call === undefined || call.isOver ? null : call
  }

  const debtOf = async ({ owes }: Call): Promise<void> => (owes ? writes.change([]) : undefined)

  async function begin<T>(call: Call, work: () => Promise<T>): Promise<{ result: T; kept: Promise<void> }> {
    try {
      const result = await calls.run(call, work)
      return { result, kept: heardByNobody(debtOf(call)) }
    } catch (error) {
      await Promise.allSettled([debtOf(call)])
      throw error
    }
  }

  async function ahead<T>(work: () => Promise<T>) {
    const call: Call = { owes: false, isOver: false, read: new Map() }
    try {
      return await begin(call, work)
    } finally {
      call.isOver = true
    }
  }

  return {
    ahead: work => {
      const outer = current()
      return outer === null ? ahead(work) : begin(outer, work)
    },
    flush: () => writes.change([]),
    set: async unit => {
      const call = current()
      if (call === null) await writes.change(unit)
      else if (!writes.lag(unit)) call.owes = true
    },
    noteRead: names => {
      const read = current()?.read
      for (const name of names) read?.set(`${name.type}|${name.id}`, name)
    },
    read: () => [...(current()?.read.values() ?? [])],
  }
}

/** It rejects with the socket's end alone, which is told by itself. */
function heardByNobody(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined)
  return promise
}
