// A simulated WhatsApp with both sides linked to it: zaplog as it is run, and as many bare Baileys clients.
import { never } from '../src/runtime/or-abort.ts'
import { wait } from '../src/runtime/wait.ts'
import { until } from '../test/ground/until.ts'
import type { BaileysCalls } from './baileys-process.ts'
import { openChild } from './child.ts'
import type { Line } from './conversations.ts'
import type { WhatsAppCalls } from './whatsapp-process.ts'
import { openZaplog, type Zaplog } from './zaplog.ts'

export type Linked = {
  whatsapp: WhatsAppCalls
  zaplog: Zaplog
  bare: BaileysCalls
  zaplogLines: readonly Line[]
  bareLines: readonly Line[]
  /** Resolves when zaplog has projected all that it has appended, and so many that others did [0]: it takes no CPU from whoever is measured next. */
  settled(others?: number): Promise<void>
}
type Options = {
  sockets: number
  /** Each writes to one account only. */
  contactsPerSocket: number
  /** Of each instance. */
  settings?: Readonly<Record<string, unknown>>
  env?: Record<string, string>
}

const OPEN_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 50
const SETTLED_WITHIN_MS = 300_000

/** Accounts are 5511900000000 to ..49, their contacts 5511900000050 to ..99. */
export async function openLinked(closing: AsyncDisposableStack, options: Options): Promise<Linked> {
  const whatsapp = openChild<WhatsAppCalls>(closing, './whatsapp-process.ts')
  const bare = openChild<BaileysCalls>(closing, './baileys-process.ts')
  const { url, cdnUrl } = await whatsapp.urls()
  const where = { WHATSAPP_URL: url, WHATSAPP_CDN_URL: cdnUrl, WHATSAPP_CONNECTS_PER_SECOND: '1000' }
  const zaplog = await openZaplog(closing, { ...where, ...options.env })
  const zaplogLines = await linkAccounts(zaplog, { whatsapp, ...options })
  const bareLines: Line[] = []
  for (const { pn, contacts } of accountsOf(options))
    bareLines.push({ jid: await whatsapp.scan({ qr: await bare.open({ url }), pn }), contacts })
  await bare.opened()
  await whatsapp.greet({ lines: [...zaplogLines, ...bareLines] })
  const settled = (others = 0) => untilSettled(zaplog, others)
  return { whatsapp, zaplog, bare, zaplogLines, bareLines, settled }
}

type Linking = Pick<Options, 'sockets' | 'contactsPerSocket' | 'settings'> & { whatsapp: WhatsAppCalls }

/** Resolves once each account is open. */
export async function linkAccounts(zaplog: Zaplog, { whatsapp, settings, ...of }: Linking): Promise<readonly Line[]> {
  const lines: Line[] = []
  for (const [nth, { pn, contacts }] of accountsOf(of).entries())
    lines.push({ jid: await whatsapp.scan({ qr: await qrOf(zaplog, `bench-${nth}`, settings), pn }), contacts })
  const isOpen = async () => (await zaplog.metric('zaplog_sockets', 'state="open"')) === of.sockets
  await until('every instance to be open', isOpen, OPEN_WITHIN_MS)
  return lines
}

const accountsOf = ({ sockets, contactsPerSocket }: Pick<Options, 'sockets' | 'contactsPerSocket'>) =>
  Array.from({ length: sockets }, (_, socket) => ({
    pn: `55119000000${String(socket).padStart(2, '0')}`,
    contacts: Array.from({ length: contactsPerSocket }, (_, nth) => `55119000000${50 + socket * contactsPerSocket + nth}`),
  }))

/** As `settled` of Linked. */
export async function untilSettled(zaplog: Zaplog, others = 0): Promise<void> {
  await until('zaplog to have projected everything', () => isSettled(zaplog, others), SETTLED_WITHIN_MS)
}

export async function qrOf(zaplog: Zaplog, id: string, settings: Options['settings'] = {}): Promise<string> {
  await zaplog.ask('POST', '/v1/instances', { id, name: id, settings })
  const { qr } = await zaplog.ask('GET', `/v1/instances/${id}/qr?wait=30`)
  return String(qr)
}

/** Looks seldom, because a look takes of the CPU that is counted. Of the log's other topics these two read nothing here. */
async function isSettled(zaplog: Zaplog, others: number): Promise<boolean> {
  await wait(LOOK_EVERY_MS, never)
  const metric = await zaplog.scrape()
  const appendedTo = (topic: string) => metric('zaplog_log_records_appended_total', `topic="${topic}"`)
  const appended = appendedTo('wa.events') + appendedTo('wa.history') + others
  const projected = (name: string) => metric('zaplog_projection_events_total', `projection="${name}"`)
  return projected('read-model') === appended && projected('webhook-stream') === appended
}
