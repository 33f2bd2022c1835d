// A rebuild for people: how far it is, and what was found. Pure.
import type { Rebuild } from './answers.ts'
import { answerText } from './calls/answer-text.ts'
import type { Progress } from './progress-line.ts'
import { plainText } from './text-table.ts'

const count = (number: number): string => number.toLocaleString('en')

type Compared = NonNullable<Rebuild['compared']>

/** What it is doing, in words that stand behind its name. */
function doing(rebuild: Rebuild): string {
  const { state, wanted } = rebuild
  if (wanted !== null) return wanted === 'swap' ? 'about to be swapped in' : 'about to be rolled back'
  if (state === 'comparing') return 'every row is compared with what is read'
  if (state !== 'ready') return state
  return waitsForSomebody(rebuild) ? 'ready' : 'ready, its swap is next'
}

/** One that is ready, and is not swapped in by itself: a purge or an upgrade, which hold up every swap, end by themselves. */
export const waitsForSomebody = ({ state, why, wanted, swap, leftOut, compared }: Rebuild): boolean =>
  state === 'ready' &&
  why !== null &&
  wanted === null &&
  (swap === 'manual' || leftOut.length > 0 || compared === null || compared.some(isUnlike))

export function progressOf(rebuild: Rebuild): Progress {
  const { state, wanted, projection, read, records, percent, perSecond, secondsLeft } = rebuild
  const isFilled = state !== 'filling' || records === null || read === null
  const said = [
    ...(isFilled || secondsLeft === null ? [] : [`${count(secondsLeft)} s left`]),
    ...(isFilled || perSecond === null ? [] : [`${count(perSecond)} a second`]),
    `${projection}: ${doing(rebuild)}`,
    ...(isFilled ? [] : [`${count(read)} of ${count(records)} read`]),
    ...(rebuild.why === null ? [] : [rebuild.why]),
  ]
  const share = isFilled || percent === null ? null : percent / 100
  return { share, stage: `${state} ${wanted} ${rebuild.why}`, said: said.map(plainText), line: describeRebuild(rebuild) }
}

/** In one line. */
export function describeRebuild(rebuild: Rebuild): string {
  const { projection, state, why, records, percent, perSecond, secondsLeft, compared } = rebuild
  const isFilling = state === 'filling'
  const parts = [
    `${projection}: ${doing(rebuild)}`,
    ...(!isFilling || records === null || percent === null ? [] : [`${percent} % of ${count(records)} records`]),
    ...(!isFilling || perSecond === null ? [] : [`${count(perSecond)} a second`]),
    ...(!isFilling || secondsLeft === null ? [] : [`${count(secondsLeft)} s left`]),
    ...(compared === null ? [] : [foundIn(compared)]),
    ...(why === null ? [] : [why]),
  ]
  return plainText(parts.join(', '))
}

/** All of it, a line for each field; of tables only those of which there is something to say. */
export function rebuildText(rebuild: Rebuild, width?: number): string {
  const { compared, ...rest } = rebuild
  if (compared === null) return answerText(rest, [], width)
  return answerText({ ...rest, found: foundIn(compared), compared: compared.filter(isWorthSaying) }, [], width)
}

const isUnlike = (one: Compared[number]): boolean => one.missing + one.extra + one.differing + one.unlike.length > 0

const isWorthSaying = (one: Compared[number]): boolean => isUnlike(one) || one.copied > 0

function foundIn(compared: Compared): string {
  const sum = (of: (one: Compared[number]) => number) => compared.reduce((all, one) => all + of(one), 0)
  const different = sum(one => one.missing + one.extra + one.differing)
  const unlike = compared.flatMap(({ table, unlike: names }) => names.map(name => `${name} of ${table}`))
  const copied = sum(one => one.copied)
  return [
    different === 0
      ? `all ${count(sum(one => one.rows))} rows of ${compared.length} tables are the same`
      : `${count(different)} of ${count(sum(one => one.rows))} rows differ`,
    ...(copied === 0 ? [] : [`${count(copied)} of them copied, because the log no longer has their records`]),
    ...(unlike.length === 0 ? [] : [`not the same in both: ${unlike.join(', ')}`]),
  ].join(', ')
}
