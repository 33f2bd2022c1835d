// Does to a linked device what a control request describes.
import type { SimDevice } from '../accounts/device.ts'
import type { Simulator } from '../simulator.ts'
import type { DeviceFaultRequest } from './requests.ts'

type At = { simulator: Simulator; device: SimDevice }

export function applyFault({ simulator, device }: At, fault: DeviceFaultRequest): void {
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
    case 'answerMessages':
      device.answerMessages(fault.answer, fault.times)
      break
    case 'receipts':
      device.receipts(fault.of)
      break
    case 'failToRead':
      device.failToRead(simulator.contact(fault.by), fault.times)
      break
    case 'redeliver':
      device.redeliver(fault.ids)
      break
    default:
      fault satisfies never
  }
}
