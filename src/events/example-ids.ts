// Whom and what the examples of /openapi.json name: nobody and nothing, in the form of what is real.

const person = (place: string, name: string) => {
  const digits = `55119000000${place}`
  return { id: `1000000000000${place}@lid`, pn: `${digits}@s.whatsapp.net`, digits, name }
}
export const ana = person('11', 'Ana Souza')
export const bruno = person('12', 'Bruno Lima')
export const account = person('01', 'Padaria do Bairro')

export const exampleIds = {
  instance: 'support',
  group: '120363000000000001@g.us',
  channel: '120363000000000002@newsletter',
  event: '2bf98e6a0c7f4d31a5e8b96470d1c3f2',
  command: '7d9f04c2be1a46538c0ef7a9d35b6218',
  session: 'c41e7a90d2b84f6f9a03e5d816f72b4c',
  upload: '5e3a81f6c9d04b27b18f60e2a4c7d935',
  replay: 'rp_4b227777d4dd1fc61c6f884f',
  rebuild: 'rb_ef2d127de37b942baad06145',
  deadLetter: 'dl_8527a891e224136950ff32ca',
  endpoint: 'ep_9f86d081884c7d659a2feaa0',
  /** WhatsApp's, of a message that came and of one that went out. */
  received: '3A0123456789ABCDEF01',
  sent: '3EB0C431C26A1916E07E5A',
  call: '8F3C1D5A7B9E42608C1F3A5D7B9E4260',
  key: 'order-1042',
} as const

/** As answers write instants: when something began, when it was over, and a day later. */
export const exampleAt = '2026-01-05T12:00:00.000Z'
export const exampleEndAt = '2026-01-05T12:00:02.000Z'
export const exampleNextDayAt = '2026-01-06T12:00:00.000Z'
