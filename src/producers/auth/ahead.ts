// Writing ahead: what is set inside of `ahead` counts at once and becomes durable later, and whoever began it is told when what may not lag is.
// Who is inside is known by the context of the call, as Baileys' own transactions know it (lib/Utils/auth-utils.js).
import { AsyncLocalStorage } from 'node:async_hooks'
import type { KeyName } from './auth-tables.ts'
import type { KeyWrites } from './key-writes.ts'
import type { SetKey } from './lagging-keys.ts'
import type { OpenUnits } from './open-units.ts'

export type Ahead = {
  ahead<T>(work: () => Promise<T>): Promise<{ result: T; kept: Promise<void> }>
  together<T>(work: () => Promise<T>): Promise<T>
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

type Context = { call: Call; isInUnit: boolean }

export function createAhead(writes: Pick<KeyWrites, 'change' | 'lag'>, units: OpenUnits): Ahead {
  const contexts = new AsyncLocalStorage<Context>()

  function current(): Context | null {
    const context = contexts.getStore()
    return context === undefined || context.call.isOver ? null : context
  }

  async function flush(): Promise<void> {
    if (current()?.isInUnit) throw new Error('flushing keys: expected no unit of writes around it, which would wait for itself')
    await writes.change([])
  }

  const debtOf = async ({ owes }: Call): Promise<void> => (owes ? writes.change([]) : undefined)

  async function begin<T>(call: Call, work: () => Promise<T>): Promise<{ result: T; kept: Promise<void> }> {
    const context = { call, isInUnit: current()?.isInUnit ?? false }
    try {
      const result = await contexts.run(context, work)
      return { result, kept: heardByNobody(debtOf(call)) }
    } catch (error) {
      await Promise.allSettled([debtOf(call)])
      throw error
    }
  }

  async function ahead<T>(work: () => Promise<T>, call: Call = newCall()) {
    try {
      return await begin(call, work)
    } finally {
      call.isOver = true
    }
  }

  const inUnit = <T>(call: Call, work: () => Promise<T>) => units.run(() => contexts.run({ call, isInUnit: true }, work))

  return {
    ahead: work => {
      const outer = current()
      return outer === null ? ahead(work) : begin(outer.call, work)
    },
    together: async work => {
      const outer = current()
      if (outer !== null) return inUnit(outer.call, work)
      const call = { ...newCall(), owes: true }
      const { result, kept } = await ahead(() => inUnit(call, work), call)
      await kept
      return result
    },
    flush,
    set: async unit => {
      const context = current()
      if (context === null) await writes.change(unit)
      else if (!writes.lag(unit)) context.call.owes = true
    },
    noteRead: names => {
      const read = current()?.call.read
      for (const name of names) read?.set(`${name.type}|${name.id}`, name)
    },
    read: () => [...(current()?.call.read.values() ?? [])],
  }
}

const newCall = (): Call => ({ owes: false, isOver: false, read: new Map() })

/** It rejects with the socket's end alone, which is told by itself. */
function heardByNobody(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined)
  return promise
}
