// Asks WhatsApp for a number's LID once, not four times per message: numbers without one are remembered for a while.
import { createLru } from '../../runtime/lru.ts'
import type { MakeSignalRepository } from '../gate/gated-repository.ts'

type AskLids = NonNullable<Parameters<MakeSignalRepository>[2]>

const maxRemembered = 10_000
const rememberedForMs = 60 * 60 * 1000

export function rememberMisses(ask: AskLids, deps: { clock: () => number; failed(error: unknown): void }): AskLids {
  const missedAt = createLru<number>(maxRemembered)
  return async pns => {
    const nowAt = deps.clock()
    const asked = pns.filter(pn => nowAt - (missedAt.get(pn) ?? Number.NEGATIVE_INFINITY) > rememberedForMs)
    if (asked.length === 0) return []
    try {
      const found = (await ask(asked)) ?? []
      const answered = new Set(found.map(({ pn }) => pn))
      for (const pn of asked) if (!answered.has(pn)) missedAt.set(pn, nowAt)
      return found
    } catch (error) {
      // Thrown on, it would refuse the message for good (NACK 500); its number's own session may still decrypt it.
      deps.failed(error)
      return []
    }
  }
}
