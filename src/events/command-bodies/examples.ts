// What a body of POST /v1/instances/{id}/messages looks like, in each form that people ask for: by the names that /openapi.json shows.
import { ana, bruno, exampleIds } from '../example-ids.ts'

const toAna = { chatId: '+55 11 90000-0011' }
const toGroup = { chatId: exampleIds.group }
const ofReceived = { targetMessageId: exampleIds.received }
const ofSent = { targetMessageId: exampleIds.sent }
const uploaded = { media: { uploadId: exampleIds.upload } }
const at = (path: string) => ({ media: { url: `https://example.com/${path}` } })

const shop = {
  latitude: -23.5505,
  longitude: -46.6333,
  name: 'Padaria do Bairro',
  address: 'Rua das Flores, 10',
}
const flavours = [
  { id: 'strawberry', title: 'Morango', description: 'R$ 80' },
  { id: 'carrot', title: 'Cenoura' },
]

const written = {
  text: { ...toAna, kind: 'text', text: 'Olá!' },
  'a reply': { ...toAna, kind: 'text', text: 'Sim, para sábado.', quotedMessageId: exampleIds.received },
  'a mention in a group': { ...toGroup, kind: 'text', text: `@${ana.digits} pode confirmar?`, mentions: [ana.pn] },
  'a mention of everybody': { ...toGroup, kind: 'text', text: 'Abrimos às 7 h amanhã.', mentionAll: true },
  'a text with a link': {
    ...{ ...toAna, kind: 'text', text: 'O cardápio: https://example.com/menu' },
    linkPreview: { url: 'https://example.com/menu', title: 'Cardápio', description: 'Bolos e pães' },
  },
  location: { ...toAna, kind: 'location', location: shop },
  contacts: { ...toAna, kind: 'contacts', contacts: [{ name: bruno.name, phones: ['+55 11 90000-0012'] }] },
}

const asked = {
  poll: { ...toGroup, kind: 'poll', poll: { name: 'Que sabor?', options: ['Morango', 'Cenoura'], selectableCount: 1 } },
  event: {
    ...{ ...toGroup, kind: 'event' },
    event: { name: 'Degustação', startsAt: '2031-01-05T15:00:00Z', endsAt: '2031-01-05T17:00:00Z', location: shop },
  },
  list: {
    ...{ ...toAna, kind: 'list', title: 'Bolos', description: 'Qual deles?', buttonText: 'Ver sabores' },
    sections: [{ title: 'De hoje', rows: flavours }],
  },
  buttons: {
    ...{ ...toAna, kind: 'buttons', text: 'Confirma o pedido?' },
    buttons: [
      { id: 'yes', text: 'Sim' },
      { id: 'no', text: 'Não' },
    ],
  },
}

const aboutMessages = {
  reaction: { ...toAna, kind: 'reaction', ...ofReceived, emoji: '👍' },
  'a reaction taken back': { ...toAna, kind: 'reaction', ...ofReceived, emoji: '' },
  edit: { ...toAna, kind: 'edit', ...ofSent, text: 'Olá, Ana!' },
  delete: { ...toAna, kind: 'delete', ...ofSent },
  pin: { ...toGroup, kind: 'pin', ...ofReceived, on: true, durationSeconds: 86_400 },
  'a pin taken off': { ...toGroup, kind: 'pin', ...ofReceived, on: false },
  forward: { ...toAna, kind: 'forward', messageId: exampleIds.received, fromChatId: exampleIds.group },
}

const files = {
  'image, uploaded before': { ...toAna, kind: 'image', ...uploaded, caption: 'Com morangos' },
  'image by its URL': { ...toAna, kind: 'image', ...at('cake.jpg'), caption: 'Com morangos' },
  'image that the instance has stored': {
    ...{ ...toAna, kind: 'image', media: { objectKey: 'support/2026/01/05/8a59d98b8326094cde1f8670dbd2c15b.jpg' } },
  },
  'video that is shown once': { ...toAna, kind: 'video', ...uploaded, viewOnce: true },
  gif: { ...toAna, kind: 'gif', ...at('oven.mp4') },
  ptv: { ...toAna, kind: 'ptv', ...uploaded },
  audio: { ...toAna, kind: 'audio', ...at('song.mp3') },
  voice: { ...toAna, kind: 'voice', ...at('note.ogg') },
  document: { ...toAna, kind: 'document', ...at('offer.pdf'), fileName: 'Orçamento.pdf' },
  sticker: { ...toAna, kind: 'sticker', ...at('cake.webp') },
  album: {
    ...{ ...toAna, kind: 'album' },
    items: [
      { kind: 'image', ...at('front.jpg'), caption: 'A vitrine' },
      { kind: 'video', ...uploaded },
    ],
  },
}

const statuses = {
  'a status': { chatId: 'status', kind: 'text', text: 'Abrimos às 7 h', backgroundColor: '#128C7E', font: 'bold' },
  'a picture as a status, for some': {
    ...{ chatId: 'status', kind: 'image', ...at('cake.jpg'), caption: 'De hoje' },
    audience: { chatIds: [ana.pn] },
  },
}

export const messageExamples = Object.fromEntries(
  Object.entries({ ...written, ...asked, ...aboutMessages, ...files, ...statuses }).map(([name, value]) => [name, { value }]),
)
