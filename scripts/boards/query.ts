// Queries of Prometheus over our metrics, by their declarations: a metric, a label or a word of a label that there is not does not compile, and the unit
// of what a query answers follows from the metric's own.
import { table } from '../../src/runtime/metrics/all.ts'
import type { Metric } from '../../src/runtime/metrics/declare.ts'
import type { LabelsOf, MetricName, NameOf } from '../../src/runtime/metrics.ts'

export type Query = {
  expr: string
  unit: string
  /** Labels that tell its series apart, as Prometheus has them. */
  by: readonly string[]
  metrics: readonly MetricName[]
}
/** `where`: a label is one of these words; `without`: none of them. */
export type Of<Name extends MetricName> = {
  by?: readonly (keyof LabelsOf<Name> & string)[]
  where?: Words<Name>
  without?: Words<Name>
}
type Words<Name extends MetricName> = {
  readonly [Label in keyof LabelsOf<Name>]?: LabelsOf<Name>[Label] | readonly LabelsOf<Name>[Label][]
}

/** What Grafana puts its own in place of: a few scrapes at least. */
export const RATE_WINDOW = '$__rate_interval'

/** Of a counter, over all processes. */
export const perSecond = <Name extends NameOf<'counter'>>(
  name: Name,
  of: Of<Name> = {},
  window: string = RATE_WINDOW,
): Query => ({
  ...made(name, of),
  expr: sumBy(of, `rate(${selected(name, of)}[${window}])`),
  unit: `${declared(name).unit}/s`,
})

/** Of a counter, over all processes: how many in a stretch of time. */
export const increase = <Name extends NameOf<'counter'>>(name: Name, window: string, of: Of<Name> = {}): Query => ({
  ...made(name, of),
  expr: sumBy(of, `increase(${selected(name, of)}[${window}])`),
})

/** Of a gauge: over processes the greatest where it is of all of zaplog, else the sum. */
export const value = <Name extends NameOf<'gauge'>>(name: Name, of: Of<Name> = {}): Query => ({
  ...made(name, of),
  expr: `${declared(name).isShared === true ? 'max' : 'sum'} ${grouped(of)}(${selected(name, of)})`,
})

/** Of a gauge: the greatest of all processes, such as an age. */
export const greatest = <Name extends NameOf<'gauge'>>(name: Name, of: Of<Name> = {}): Query => ({
  ...made(name, of),
  expr: `max ${grouped(of)}(${selected(name, of)})`,
})

/** Of a gauge: the least of all processes, such as whether a part is up. */
export const least = <Name extends NameOf<'gauge'>>(name: Name, of: Of<Name> = {}): Query => ({
  ...made(name, of),
  expr: `min ${grouped(of)}(${selected(name, of)})`,
})

/** Of a gauge that is an instant: how long ago. */
export const ageOf = <Name extends NameOf<'gauge'>>(name: Name, of: Of<Name> = {}): Query => ({
  ...made(name, of),
  expr: `time() - max ${grouped(of)}(${selected(name, of)})`,
})

/** Of a histogram. `share`: 0.5 is the median. */
export const quantile = <Name extends NameOf<'histogram'>>(
  name: Name,
  share: number,
  of: Of<Name> = {},
  window: string = RATE_WINDOW,
): Query => ({
  ...made(name, of),
  expr: `histogram_quantile(${share}, sum by (${['le', ...namesOf(of)].join(', ')}) (rate(${selected(name, of, '_bucket')}[${window}])))`,
})

/** How often a histogram was written. */
export const observed = <Name extends NameOf<'histogram'>>(name: Name, counted: string, of: Of<Name> = {}): Query => ({
  ...made(name, of),
  expr: sumBy(of, `rate(${selected(name, of, '_count')}[${RATE_WINDOW}])`),
  unit: `${counted}/s`,
})

/** The same labels tell both apart. Nothing where the whole is 0. */
export const shareOf = (part: Query, whole: Query): Query => ({
  expr: `${part.expr} / (${whole.expr} > 0)`,
  unit: 'share',
  by: whole.by,
  metrics: [...part.metrics, ...whole.metrics],
})

/** Of a gauge that is a part of another one: that of the process where it is the least, or the greatest. Nothing where the whole is 0. */
export const shareInEach = (extreme: 'min' | 'max', part: NameOf<'gauge'>, whole: NameOf<'gauge'>): Query => ({
  expr: `${extreme}(${part} / (${whole} > 0))`,
  unit: 'share',
  by: [],
  metrics: [part, whole],
})

/** The few greatest. */
export const top = (most: number, query: Query): Query => ({ ...query, expr: `topk(${most}, ${query.expr})` })

/** Labels as Prometheus has them: `instance` is its own, so that ours is renamed where it is scraped (infra/prometheus/prometheus.yml). */
export const shownLabel = (label: string): string => (label === 'instance' ? 'instance_id' : label)

const declared = (name: MetricName): Metric => table[name]

const made = <Name extends MetricName>(name: Name, of: Of<Name>) => ({
  unit: declared(name).unit,
  by: namesOf(of),
  metrics: [name] as const,
})

const namesOf = <Name extends MetricName>({ by = [] }: Of<Name>): readonly string[] => by.map(shownLabel)
const grouped = <Name extends MetricName>(of: Of<Name>): string => {
  const names = namesOf(of)
  return names.length === 0 ? '' : `by (${names.join(', ')}) `
}
const sumBy = <Name extends MetricName>(of: Of<Name>, inner: string): string => `sum ${grouped(of)}(${inner})`

function selected<Name extends MetricName>(name: Name, { where = {}, without = {} }: Of<Name>, suffix = ''): string {
  const terms = [...Object.entries(where).map(matcher('=')), ...Object.entries(without).map(matcher('!'))]
  return `${name}${suffix}${terms.length === 0 ? '' : `{${terms.join(', ')}}`}`
}

/** A word that begins with a dollar is a variable of a board. */
const matcher =
  (sign: '=' | '!') =>
  ([label, words]: readonly [string, unknown]): string => {
    const all = [words].flat().map(String)
    return all.length === 1 && !all[0]?.startsWith('$')
      ? `${shownLabel(label)}${sign === '=' ? '=' : '!='}"${all[0]}"`
      : `${shownLabel(label)}${sign}~"${all.join('|')}"`
  }
