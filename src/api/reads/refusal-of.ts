// What WhatsApp refused to say, in words.
import { assertNever } from '../../events/event.ts'
import type { SocketRead } from '../../instances/socket-answers.ts'
import { Problem } from '../problems.ts'

type Refused = { kind: SocketRead; instanceId: string; subject: string; code: string }

export function refusalOf(refused: Refused): Problem {
  const { kind, instanceId, subject, code } = refused
  const asking = `asking WhatsApp through ${instanceId} for ${nameOf(kind)} of ${subject}`
  if (code === '404') return notThere(refused, asking)
  if (code === '401' || code === '403')
    return new Problem('not-shown', `${asking}: WhatsApp does not show it to the account (${code})`)
  if (code === '429')
    return new Problem('whatsapp-refused', `${asking}: the account asked too much in a short time (429); ask again later`)
  return new Problem('whatsapp-refused', `${asking}: WhatsApp answered ${code}; ask again later`)
}

function notThere({ kind, subject, instanceId }: Refused, asking: string): Problem {
  if (kind === 'group')
    return new Problem('group-not-found', `WhatsApp knows no group ${subject} that instance ${instanceId} may see`)
  if (kind === 'picture' || kind === 'picture-preview')
    return new Problem('picture-not-found', `${subject} has no picture that WhatsApp shows to instance ${instanceId}`)
  return new Problem('whatsapp-refused', `${asking}: WhatsApp answered 404`)
}

function nameOf(kind: SocketRead): string {
  switch (kind) {
    case 'about':
      return 'the words'
    case 'blocklist':
      return 'the blocklist'
    case 'business':
      return 'the business profile'
    case 'group':
      return 'the state'
    case 'number':
      return 'the account'
    case 'picture':
    case 'picture-preview':
      return 'the picture'
    case 'privacy':
      return 'the privacy'
    default:
      return assertNever(kind)
  }
}
