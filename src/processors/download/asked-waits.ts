// How long servers asked to be left alone, by what is fetched: longer than the log lets a lane wait at once, so it waits in steps. A crash
// forgets them, and the server says it again.

export type AskedWaits = {
  /** Until then `leftMs` answers more than 0. */
  wait(name: string, untilAt: number): void
  /** 0: nobody asked, or it is over. */
  leftMs(name: string): number
}

export function createAskedWaits(clock: () => number): AskedWaits {
  const waits = new Map<string, number>()
  /** Also of what is somebody else's meanwhile, and is never asked for here again. */
  const dropPast = () => {
    for (const [name, untilAt] of waits) if (untilAt <= clock()) waits.delete(name)
  }
  return {
    wait(name, untilAt) {
      dropPast()
      waits.set(name, untilAt)
    },
    leftMs(name) {
      const leftMs = Math.max(0, (waits.get(name) ?? 0) - clock())
      if (leftMs === 0) waits.delete(name)
      return leftMs
    },
  }
}
