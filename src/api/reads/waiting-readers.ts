// How many requests wait for WhatsApp through each account, so that no more do than may.

export type WaitingReaders = {
  /** Answers how to leave; null: as many wait as may. */
  enter(instanceId: string): (() => void) | null
}

/** `most`: of one instance, in this process. */
export function createWaitingReaders(most: number): WaitingReaders {
  const counts = new Map<string, number>()

  function leave(instanceId: string): void {
    const others = (counts.get(instanceId) ?? 0) - 1
    if (others > 0) counts.set(instanceId, others)
    else counts.delete(instanceId)
  }

  return {
    enter: instanceId => {
      const others = counts.get(instanceId) ?? 0
      if (others >= most) return null
      counts.set(instanceId, others + 1)
      return () => leave(instanceId)
    },
  }
}
