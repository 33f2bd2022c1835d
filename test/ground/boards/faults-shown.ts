// Which panels show which fault of the incident, and which alerts rise with it.
import type { Prometheus, Sample } from '../../../infra/services/prometheus.ts'
import type { BoardName } from '../../../scripts/boards/board.ts'
import { until } from '../until.ts'
import { askBoards, type Panels, panelName } from './ask-boards.ts'

export const allFaults = ['work', 'kafka', 'receiver', 's3', 'refused', 'narrow', 'unlinked', 'silent', 'postgres'] as const
/** `work`: what is asked of it on any day; `refused`: one message by one endpoint; `narrow`: files and disk of a process. */
export type Fault = (typeof allFaults)[number]
type Showing = {
  fault: Fault
  board: BoardName
  title: string
  /** Of several queries, whose. */
  legend?: string
  labels?: Sample['metric']
  /** [above 0] */
  isSeen?(value: number): boolean
  /** It has no answer, as what cannot be read is absent. */
  isEmpty?: boolean
}

/** Seconds without a word after which an account is silent here; keep-alives are answered twice a minute. */
export const SILENT_SECONDS = 12

const isAway = (value: number): boolean => value === 0
const isLong = (seconds: number): boolean => seconds > SILENT_SECONDS
const isScarce = (share: number): boolean => share < 0.1
const isNearlyAll = (share: number): boolean => share > 0.9
const isLate = (seconds: number): boolean => seconds > 5

/** No panel shows it before the first fault, and each while its own lasts. */
const showings: readonly Showing[] = [
  { fault: 'work', board: 'account', title: 'Commands that ended', labels: { outcome: 'completed' } },
  { fault: 'work', board: 'media', title: 'Uploads, by outcome', labels: { outcome: 'ready' } },
  { fault: 'work', board: 'media', title: 'Uploads that wait', labels: { state: 'pending' } },
  { fault: 'work', board: 'media', title: 'Messages of histories' },
  { fault: 'work', board: 'account', title: 'Signs of processing', labels: { outcome: 'shown' } },
  { fault: 'work', board: 'webhooks', title: 'Readers of the stream' },
  { fault: 'work', board: 'webhooks', title: 'Without a right key', labels: { reason: 'wrong' } },
  { fault: 'work', board: 'log', title: 'Records of replays', labels: { outcome: 'written' } },
  { fault: 'work', board: 'log', title: 'Replays', labels: { state: 'running' } },
  { fault: 'work', board: 'projections', title: 'Records of rebuilds', labels: { projection: 'read-model' } },
  { fault: 'work', board: 'projections', title: 'Rebuilds that wait for their swap' },
  { fault: 'kafka', board: 'overview', title: 'Parts', labels: { part: 'kafka' }, isSeen: isAway },
  { fault: 'kafka', board: 'log', title: 'Parts', labels: { part: 'kafka' }, isSeen: isAway },
  { fault: 'kafka', board: 'overview', title: 'Checks that are not ok', labels: { state: 'degraded' } },
  { fault: 'kafka', board: 'log', title: 'Sends that were repeated' },
  { fault: 'kafka', board: 'instances', title: 'Sockets that ended', labels: { reason: 'log-unavailable' } },
  { fault: 'kafka', board: 'overview', title: 'Accounts', labels: { state: 'reconnecting' } },
  { fault: 'kafka', board: 'instances', title: 'By state', labels: { state: 'reconnecting' } },
  { fault: 'kafka', board: 'instances', title: 'Not open', labels: { instance_id: 'shop', state: 'reconnecting' } },
  { fault: 'kafka', board: 'account', title: 'State', labels: { instance_id: 'shop', state: 'reconnecting' } },
  { fault: 'receiver', board: 'webhooks', title: 'Attempts', labels: { outcome: 'waiting' } },
  { fault: 'receiver', board: 'overview', title: 'Webhook attempts', labels: { outcome: 'waiting' } },
  { fault: 'receiver', board: 'webhooks', title: 'Deliveries', legend: 'waiting' },
  { fault: 'receiver', board: 'webhooks', title: 'Oldest of each', legend: 'waiting' },
  { fault: 'receiver', board: 'webhooks', title: 'Failing endpoints' },
  { fault: 'refused', board: 'webhooks', title: 'Dead in the last 24 h' },
  { fault: 'refused', board: 'overview', title: 'Dead letters' },
  { fault: 'refused', board: 'log', title: 'Dead letters' },
  { fault: 'narrow', board: 'overview', title: 'Disk of DATA_DIR, free', isSeen: isScarce },
  { fault: 'narrow', board: 'overview', title: 'Files and sockets', isSeen: isNearlyAll },
  { fault: 's3', board: 'overview', title: 'Parts', labels: { part: 's3' }, isSeen: isAway },
  { fault: 's3', board: 'log', title: 'Parts', labels: { part: 's3' }, isSeen: isAway },
  { fault: 's3', board: 'media', title: 'Object store', labels: { part: 's3' }, isSeen: isAway },
  { fault: 's3', board: 'media', title: 'Pending' },
  { fault: 's3', board: 'media', title: 'Oldest pending' },
  { fault: 's3', board: 'media', title: 'How late', labels: { processor: 'download-media' }, isSeen: isLate },
  { fault: 's3', board: 'overview', title: 'How late files are', labels: { processor: 'download-media' }, isSeen: isLate },
  { fault: 's3', board: 'log', title: 'Lag of processors, in seconds', labels: { processor: 'download-media' }, isSeen: isLate },
  { fault: 's3', board: 'log', title: 'What became of records', labels: { outcome: 'paused' } },
  { fault: 's3', board: 'webhooks', title: 'Deliveries', legend: 'held' },
  { fault: 's3', board: 'webhooks', title: 'Oldest of each', legend: 'held' },
  { fault: 'unlinked', board: 'instances', title: 'Sockets that ended', labels: { reason: 'logged-out' } },
  { fault: 'unlinked', board: 'overview', title: 'Accounts', labels: { state: 'logged-out' } },
  { fault: 'unlinked', board: 'instances', title: 'By state', labels: { state: 'logged-out' } },
  { fault: 'unlinked', board: 'instances', title: 'Not open', labels: { instance_id: 'shop', state: 'logged-out' } },
  { fault: 'unlinked', board: 'account', title: 'State', labels: { instance_id: 'shop', state: 'logged-out' } },
  { fault: 'unlinked', board: 'account', title: 'Commands that wait' },
  { fault: 'unlinked', board: 'account', title: 'Oldest command' },
  { fault: 'unlinked', board: 'account', title: 'Not over' },
  { fault: 'silent', board: 'overview', title: 'Silent accounts' },
  { fault: 'silent', board: 'instances', title: 'Silent' },
  {
    ...{ fault: 'silent', board: 'instances', title: 'Longest without a word from WhatsApp' },
    ...{ labels: { instance_id: 'support' }, isSeen: isLong },
  },
  { fault: 'silent', board: 'account', title: 'Last word from WhatsApp', labels: { instance_id: 'support' }, isSeen: isLong },
  { fault: 'postgres', board: 'overview', title: 'Parts', labels: { part: 'postgres' }, isSeen: isAway },
  { fault: 'postgres', board: 'log', title: 'Parts', labels: { part: 'postgres' }, isSeen: isAway },
  { fault: 'postgres', board: 'media', title: 'Pending', isEmpty: true },
  { fault: 'postgres', board: 'webhooks', title: 'Deliveries', legend: 'waiting', isEmpty: true },
  { fault: 'postgres', board: 'webhooks', title: 'Failing endpoints', isEmpty: true },
]

const panelsThatTell: ReadonlySet<string> = new Set(showings.map(({ board, title }) => panelName(board, title)))

function isShownBy(panels: Panels, showing: Showing): boolean {
  const { board, title, legend = '', labels = {}, isSeen = value => value > 0, isEmpty = false } = showing
  const samples = (panels.get(panelName(board, title)) ?? []).filter(sample => sample.legend === legend)
  if (isEmpty) return samples.length === 0 && isScraped(panels)
  return samples.some(
    ({ metric, value }) => Object.entries(labels).every(([label, word]) => metric[label] === word) && isSeen(value),
  )
}

/** Where a scrape came too late everything is empty, which says nothing. */
const isScraped = (panels: Panels): boolean => (panels.get(panelName('overview', 'Parts')) ?? []).length > 0

const wordsOf = ({ fault, board, title, legend = '', labels = {}, isEmpty = false }: Showing): string =>
  `${fault}${isEmpty ? ' as nothing' : ''} on ${panelName(board, title)} ${legend}${JSON.stringify(labels)}`

/** What panels show of these faults, in words. */
const shownOf = (panels: Panels, faults: readonly Fault[]): readonly string[] =>
  showings.filter(one => faults.includes(one.fault) && isShownBy(panels, one)).map(wordsOf)

/** Resolves once every panel that is about these faults has shown them; rejects with what was not shown. */
export async function untilShown(prometheus: Prometheus, faults: readonly Fault[]): Promise<void> {
  const expected = showings.filter(({ fault }) => faults.includes(fault)).map(wordsOf)
  // Each for itself: what is held for a file is not any more once its time is over.
  const shown = new Set<string>()
  const isShown = async () => {
    for (const one of shownOf(await askBoards(prometheus, name => panelsThatTell.has(name)), faults)) shown.add(one)
    return shown.size === expected.length
  }
  await until(`the boards to show ${faults.join(', ')}`, isShown).catch(cause => {
    throw new Error(`not shown: ${expected.filter(words => !shown.has(words)).join(', ')}`, { cause })
  })
}

/** Resolves once none of the panels shows any of these faults. */
export const untilUnseen = (prometheus: Prometheus, faults: readonly Fault[]): Promise<unknown> =>
  until(`the boards to show nothing of ${faults.join(', ')}`, async () => {
    const panels = await askBoards(prometheus, name => panelsThatTell.has(name))
    return isScraped(panels) && shownOf(panels, faults).length === 0
  })
