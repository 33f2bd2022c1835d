// What is asked of groups, and what WhatsApp answers, for the description of their calls.
import { ana, bruno } from '../../events/example-ids.ts'

export const toMake = {
  ...{ subject: 'Padaria do Bairro', participants: ['+55 11 90000-0011', '+55 11 90000-0012'], description: 'Pedidos e avisos' },
}
export const people = (...actions: readonly string[]) => actions.map(action => ({ action, participants: [ana.digits] }))
export const outcomes = [
  { id: ana.id, pn: ana.pn, code: '200', status: 'done' },
  { id: bruno.id, pn: bruno.pn, code: '403', status: 'needs-invite' },
]
export const link = { code: 'AbCdEfGhIjKlMnOpQrStUv', url: 'https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv' }
