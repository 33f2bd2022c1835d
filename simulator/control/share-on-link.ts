// What phones do by themselves after a link: each shares the key of its app state and its history with a device once, as soon as that has logged in.
import type { SimDevice } from '../accounts/device.ts'
import type { Simulator } from '../simulator.ts'

/** `messages`: how many each has; 0: phones share no history by themselves. */
export function shareOnLink(simulator: Simulator, messages: number): void {
  const shared = new Set<SimDevice>()
  simulator.on('login', ({ device }) => {
    if (device.appStateKey() === null) device.shareAppState().catch(process.emitWarning)
    if (messages === 0 || shared.has(device)) return
    shared.add(device)
    device.shareHistory({ messages }).catch(process.emitWarning)
  })
}
