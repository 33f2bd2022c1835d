// What phones do by themselves after a link: each shares its history with a device once, as soon as that has logged in.
import type { SimDevice } from '../accounts/device.ts'
import type { Simulator } from '../simulator.ts'

/** `messages`: how many each has; 0: phones share nothing by themselves. */
export function shareOnLink(simulator: Simulator, messages: number): void {
  const shared = new Set<SimDevice>()
  if (messages === 0) return
  simulator.on('login', ({ device }) => {
    if (shared.has(device)) return
    shared.add(device)
    device.shareHistory({ messages }).catch(process.emitWarning)
  })
}
