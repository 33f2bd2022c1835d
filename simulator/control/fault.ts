// Does to a linked device what a control request describes.
import type { SimDevice } from '../accounts/device.ts'
import type { DeviceFaultRequest } from './requests.ts'

export function applyFault(device: SimDevice, fault: DeviceFaultRequest): void {
  switch (fault.kind) {
    case 'drop':
      device.drop()
      break
    case 'logout':
      device.streamError('loggedOut')
      break
    case 'streamError':
      device.streamError(fault.error)
      break
    case 'refuseLogin':
      device.refuseLogin(fault.code)
      break
    case 'refuseMessages':
      device.refuseMessages(fault.code)
      break
    case 'mediaRetry':
      device.answerMediaRetry(fault.answer)
      break
    case 'redeliver':
      device.redeliver(fault.ids)
      break
    default:
      fault satisfies never
  }
}
