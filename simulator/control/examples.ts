// A body of each kind that the control API takes, as its list of calls shows them.
import type { CdnFaultRequest, DeviceFaultRequest, MessageRequest } from './requests.ts'

type OfEachKind<Request extends { kind: string }> = { [Kind in Request['kind']]: Request & { kind: Kind } }

/** The phone that a scan without a number is done with. */
export const examplePhone = '5511900000001'
const ana = { pn: '5511900000011', name: 'Ana Souza' }
const bakery = { id: '120363000000000001', subject: 'Padaria do Bairro' }
const messageId = '3EB0000000000000000001'
const target = { messageId }

export const scanExample = {
  qr: 'https://wa.me/settings/linked_devices#2@ref,noise,identity,secret,1',
  pn: examplePhone,
  name: 'Padaria',
}

export const pairingCodeExample = { code: 'ABCD-1234', pn: examplePhone, name: 'Padaria' }

export const receiptExample = { messageIds: [messageId], from: ana, type: 'read' }

export const messageExamples: OfEachKind<MessageRequest> = {
  text: { kind: 'text', from: ana, text: 'Bom dia!' },
  image: { kind: 'image', from: ana, caption: 'Assim, com morangos' },
  video: { kind: 'video', from: ana, group: bakery, seconds: 2 },
  gif: { kind: 'gif', from: ana },
  ptv: { kind: 'ptv', from: ana, seconds: 2 },
  audio: { kind: 'audio', from: ana, seconds: 3 },
  voice: { kind: 'voice', from: ana, seconds: 3 },
  document: { kind: 'document', to: ana, fileName: 'menu.pdf', pages: 2 },
  sticker: { kind: 'sticker', from: ana },
  reply: { kind: 'reply', from: ana, text: 'Sim', target },
  reaction: { kind: 'reaction', from: ana, emoji: '👍', target: { messageId, author: { pn: examplePhone } } },
  edit: { kind: 'edit', from: ana, text: 'Boa tarde!', target },
  poll: { kind: 'poll', from: ana, name: 'Almoço?', options: ['sim', 'não'] },
  vote: { kind: 'vote', from: ana, options: ['sim'], target: { messageId, author: { pn: examplePhone } } },
  'event-answer': { kind: 'event-answer', from: ana, answer: 'going', target: { messageId, author: { pn: examplePhone } } },
  withheld: { kind: 'withheld', from: ana, type: 'fanout', text: 'Vi o anúncio' },
  revoke: { kind: 'revoke', from: ana, target },
  pin: { kind: 'pin', from: ana, on: true, target },
  comment: { kind: 'comment', from: ana, text: 'Que lindo!', target },
  'link-preview': { kind: 'link-preview', from: ana },
  location: { kind: 'location', from: ana },
  'live-location': { kind: 'live-location', from: ana, text: 'A caminho' },
  contacts: { kind: 'contacts', from: ana, text: 'Bea' },
  event: { kind: 'event', from: ana, group: bakery },
  album: { kind: 'album', from: ana },
  product: { kind: 'product', from: ana },
  order: { kind: 'order', from: ana },
  list: { kind: 'list', from: ana },
  'list-answer': { kind: 'list-answer', from: ana, target },
  buttons: { kind: 'buttons', from: ana },
  'buttons-answer': { kind: 'buttons-answer', from: ana, text: 'Sim', target },
  template: { kind: 'template', from: ana },
  'template-answer': { kind: 'template-answer', from: ana, target },
  interactive: { kind: 'interactive', from: ana },
  'interactive-answer': { kind: 'interactive-answer', from: ana, target },
  'group-invite': { kind: 'group-invite', from: ana },
  'sticker-pack': { kind: 'sticker-pack', from: ana },
  payment: { kind: 'payment', from: ana },
  'call-log': { kind: 'call-log', from: ana },
  unknown: { kind: 'unknown', from: ana },
}

export const deviceFaultExamples: OfEachKind<DeviceFaultRequest> = {
  drop: { kind: 'drop' },
  redeliver: { kind: 'redeliver', ids: [messageId] },
  refuseLogin: { kind: 'refuseLogin', code: 403 },
  refuseMessages: { kind: 'refuseMessages', code: 479 },
  mediaRetry: { kind: 'mediaRetry', answer: 'not-found' },
  answerMessages: { kind: 'answerMessages', answer: 'no-ack', times: 1 },
  receipts: { kind: 'receipts', of: 'read' },
  failToRead: { kind: 'failToRead', by: ana, times: 2 },
  streamError: { kind: 'streamError', error: 'conflict' },
  logout: { kind: 'logout' },
}

const path = '/v/t62.7118-24/000000000000000000000001.enc'

export const cdnFaultExamples: OfEachKind<CdnFaultRequest> = {
  status: { kind: 'status', path, status: 410, times: 1 },
  stall: { kind: 'stall', path, atByte: 100 },
  reset: { kind: 'reset', path, atByte: 100 },
  truncate: { kind: 'truncate', path, atByte: 100 },
  flip: { kind: 'flip', path, atByte: 100 },
  'bad-mac': { kind: 'bad-mac', path },
  slow: { kind: 'slow', path, bytesPerSecond: 1024 },
  heal: { kind: 'heal', path },
}

export const conversationExample = { paceMs: 400 }
