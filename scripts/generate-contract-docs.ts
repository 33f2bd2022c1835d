// Turns the contract's words (src/events/vocabulary.ts) and the calls that come later (src/api/later-calls.ts) into the lists of
// docs/contract.md, ARCHITECTURE.md and README; answers file path -> content.
import { laterCalls, pathOf } from '../src/api/later-calls.ts'
import { exitMeanings } from '../src/cli/exit-codes.ts'
import { failureMeanings } from '../src/events/definitions/failure-meanings.ts'
import { events } from '../src/events/definitions.ts'
import {
  callStatuses,
  commandOperations,
  commandReasons,
  commandStates,
  commandWaits,
  deadLetterSources,
  deadLetterStates,
  deliveryStates,
  deliveryTypes,
  instanceReasons,
  instanceStates,
  kinds,
  mediaReasons,
  mediaStatuses,
  projectionStates,
  rebuildStates,
  recordTypes,
  replayStates,
  signalTypes,
  type Vocabulary,
} from '../src/events/vocabulary.ts'
import { deliveriesAlone } from '../src/webhooks/stream/deliveries-alone.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'
import { wrap } from './wrap-text.ts'

const vocabularies: readonly [string, Vocabulary][] = [
  ['types of records', recordTypes],
  ['types of deliveries', deliveryTypes],
  ['types of the stream alone', signalTypes],
  ['kind', kinds],
  ['media.status', mediaStatuses],
  ['media.reason', mediaReasons],
  ['instance.state', instanceStates],
  ['instance.reason', instanceReasons],
  ['call.status', callStatuses],
  ['command.state', commandStates],
  ['command.operation', commandOperations],
  ['command.reason', commandReasons],
  ['command.waitsFor.reason', commandWaits],
  ['delivery.state', deliveryStates],
  ['replay.state', replayStates],
  ['rebuild.state', rebuildStates],
  ['projection.state', projectionStates],
  ['dead letter.source', deadLetterSources],
  ['dead letter.state', deadLetterStates],
]
const words = ['<!-- words: generated from src/events/vocabulary.ts by npm run generate -->', '<!-- /words -->'] as const
const reasons = [
  '<!-- reasons: generated from src/events/definitions/failure-meanings.ts by npm run generate -->',
  '<!-- /reasons -->',
] as const
const calls = [
  '<!-- later calls: generated from src/api/later-calls.ts by npm run generate -->',
  '<!-- /later calls -->',
] as const
const endToEnd = [
  '<!-- event types: generated from src/events/vocabulary.ts by npm run generate -->',
  '<!-- /event types -->',
] as const
const exits = ['<!-- exit codes: generated from src/cli/exit-codes.ts by npm run generate -->', '<!-- /exit codes -->'] as const
const notHere = ['<!-- not here: generated from src/api/later-calls.ts by npm run generate -->', '<!-- /not here -->'] as const

const eventTable = ['<!-- events: generated from src/events/definitions.ts by npm run generate -->', '<!-- /events -->'] as const

/** `earlier`: files that are generated in another part, too, as they are with it. */
export function generateContractDocs(earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const contract = contractWith(readOf('docs/contract.md'))
  const architecture = readOf('ARCHITECTURE.md')
  return new Map([
    ['README.md', replaceBetween(earlier.get('README.md') ?? readOf('README.md'), 'README.md', eventTable, eventRows())],
    ['docs/contract.md', contract],
    [
      'ARCHITECTURE.md',
      replaceBetween(
        replaceBetween(architecture, 'ARCHITECTURE.md', endToEnd, typeLists()),
        'ARCHITECTURE.md',
        notHere,
        wrap(`Calls: ${laterCalls.map(({ method, url }) => `\`${method} ${pathOf(url)}\``).join(', ')}.`),
      ),
    ],
  ])
}

const contractWith = (text: string): string =>
  (
    [
      [words, wordTable()],
      [reasons, reasonTable()],
      [calls, callTable()],
      [exits, exitTable()],
    ] as const
  ).reduce((contract, [marks, table]) => replaceBetween(contract, 'docs/contract.md', marks, table), text)

const reasonTable = () =>
  markdownTable(
    ['reason', 'what it means'],
    Object.entries(failureMeanings).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
  )

const exitTable = () =>
  markdownTable(
    ['ends with', 'when', 'then'],
    exitMeanings.map(({ code, when, next }) => [String(code), when, next]),
  )

const wordTable = () =>
  markdownTable(
    ['of', 'this version', 'not in this version'],
    vocabularies.map(([name, { here, later }]) => [name, here.join(', '), later.join(', ')]),
  )

const eventRows = () =>
  markdownTable(
    ['event', 'when'],
    deliveryTypes.here.map(type => [`\`${type}\``, [...events, ...deliveriesAlone].find(one => one.type === type)?.doc ?? '']),
  )

const callTable = () =>
  markdownTable(
    ['call', 'what', 'for now'],
    laterCalls.map(({ method, url, what, instead }) => [`${method} ${pathOf(url)}`, what, instead ?? '']),
  )

const typeLists = () =>
  [
    wrap(`From the simulated phone to a verified webhook: ${deliveryTypes.here.join(', ')}; media.downloaded in the log alone.`),
    '',
    wrap(`Not yet: ${recordTypes.later.join(', ')}.`),
  ].join('\n')
