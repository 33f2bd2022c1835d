// What the boards' queries answered over a stretch of time, as lines of JSON: first the stretch, then each query with its series, runs of equal values once.

/** `at`: seconds from the beginning on. */
export type Moment = { what: string; at: number }
/** One value a step, null where there was none. */
export type Series = { metric: Readonly<Record<string, string>>; values: readonly (number | null)[] }
export type Answers = {
  seconds: number
  stepSeconds: number
  moments: readonly Moment[]
  /** By expression as the boards have it. */
  answers: Map<string, readonly Series[]>
}

/** value, how often it follows itself. */
type Run = [value: number | null, times: number]
type Line = { expr: string; series: readonly { of: Series['metric']; runs: readonly Run[] }[] }

/** Of instants and amounts a picture shows no more digits. */
const DIGITS = 4

export function writeAnswers({ answers, ...stretch }: Answers): string {
  const lines = [...answers].map(([expr, series]): Line => {
    const inOrder = series.toSorted((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1))
    return { expr, series: inOrder.map(({ metric, values }) => ({ of: metric, runs: runsOf(values) })) }
  })
  return [stretch, ...lines].map(line => `${JSON.stringify(line)}\n`).join('')
}

/** Throws where a line is none of ours. */
export function readAnswers(text: string): Answers {
  const [stretch, ...lines] = text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
  const read = (lines as readonly Line[]).map(({ expr, series }) => {
    const courses = series.map(({ of, runs }) => ({
      metric: of,
      values: runs.flatMap(([value, times]) => Array(times).fill(value)),
    }))
    return [expr, courses] as const
  })
  return { ...(stretch as Omit<Answers, 'answers'>), answers: new Map(read) }
}

function runsOf(values: readonly (number | null)[]): readonly Run[] {
  const runs: Run[] = []
  for (const value of values) {
    const rounded = value === null ? null : Number(value.toPrecision(DIGITS))
    const last = runs.at(-1)
    if (last?.[0] === rounded) last[1] += 1
    else runs.push([rounded, 1])
  }
  return runs
}
