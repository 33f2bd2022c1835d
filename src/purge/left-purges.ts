// Which purges this process left, until when, and why: what failed, what waits for others, and what another process goes on with.
import type { Purge } from './purge-rows.ts'

export type LeftPurges = {
  /** Nobody is with it, as far as this process knows: neither another process that moved it just now, nor a trouble that is fresh. */
  isFree(purge: Purge): boolean
  /** `trouble`: what failed; null: it only waits. */
  leave(purge: Purge, why: { forMs: number; trouble: string | null }): void
  /** It moves again, by our hand. */
  moved(purge: Purge): void
  /** What was read before we left it is no move; what is not undone any more is forgotten, too. */
  forgetMoved(undone: readonly Purge[]): void
  /** null: it was not left, or only waits. */
  troubleOf(instanceId: string): string | null
  troubles(): readonly { instanceId: string; trouble: string }[]
}

/** Of no use once the purge moves, which its revision tells. `untilAt`: by our own clock. */
type Left = { revision: string; untilAt: number; trouble: string | null }

/** So long what another process went on with is left alone. */
export function createLeftPurges({ clock, standAsideMs }: { clock: () => number; standAsideMs: number }): LeftPurges {
  const left = new Map<string, Left>()
  return {
    isFree: ({ instanceId, idleMs }) => {
      const ours = left.get(instanceId)
      return ours === undefined ? idleMs === null || idleMs >= standAsideMs : ours.untilAt <= clock()
    },
    leave: ({ instanceId, revision }, { forMs, trouble }) =>
      void left.set(instanceId, { revision, untilAt: clock() + forMs, trouble }),
    moved: ({ instanceId }) => void left.delete(instanceId),
    forgetMoved: undone => {
      const revisions = new Map(undone.map(one => [one.instanceId, BigInt(one.revision)]))
      for (const [instanceId, { revision }] of [...left]) {
        const now = revisions.get(instanceId)
        if (now === undefined || now > BigInt(revision)) left.delete(instanceId)
      }
    },
    troubleOf: instanceId => left.get(instanceId)?.trouble ?? null,
    troubles: () => [...left].flatMap(([instanceId, { trouble }]) => (trouble === null ? [] : [{ instanceId, trouble }])),
  }
}
