// Prometheus metrics of one process, as metrics/ declares them: asking twice for a name answers the same one. A scrape asks nobody: it reads
// memory alone, so that scraping each second costs what its text costs.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { table } from './metrics/all.ts'
import { boundSeries, type Labels } from './metrics/bound-series.ts'
import { isOfAccounts, type Metric, type WordOf } from './metrics/declare.ts'
import { labelWords } from './metrics/label-words.ts'

type Table = typeof table
export type MetricName = keyof Table
export type NameOf<Kind extends Metric['kind']> = {
  [Name in MetricName]: Table[Name]['kind'] extends Kind ? Name : never
}[MetricName]
export type LabelsOf<Name extends MetricName> = {
  readonly [Label in keyof Table[Name]['labels']]: WordOf<Table[Name]['labels'][Label]>
}
/** What comes before a value: the labels, where there are any. */
type Which<Name extends MetricName> = keyof Table[Name]['labels'] extends never ? [] : [labels: LabelsOf<Name>]

export type CounterOf<Name extends MetricName> = { inc(...of: [...Which<Name>, by?: number]): void }
export type GaugeOf<Name extends MetricName> = CounterOf<Name> & {
  dec(...of: [...Which<Name>, by?: number]): void
  set(...of: [...Which<Name>, value: number]): void
  remove(...of: Which<Name>): void
  /** Of all series. */
  reset(): void
}
export type HistogramOf<Name extends MetricName> = { observe(...of: [...Which<Name>, value: number]): void }

export type Metrics = {
  counter<Name extends NameOf<'counter'>>(name: Name): CounterOf<Name>
  /** `collect`: called by each scrape, of all that were given for a name the last one; it may read memory alone. */
  gauge<Name extends NameOf<'gauge'>>(name: Name, collect?: (gauge: GaugeOf<Name>) => void): GaugeOf<Name>
  histogram<Name extends NameOf<'histogram'>>(name: Name): HistogramOf<Name>
  /** Text in Prometheus' exposition format. */
  render(): Promise<string>
  contentType: string
}

const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]
/** Of one metric with accounts among its labels. One that is dropped begins at 0 again, as after a restart. */
export const MOST_SERIES = 10_000

export function createMetrics(options: { processMetrics: boolean }): Metrics {
  const registry = new Registry()
  if (options.processMetrics) collectDefaultMetrics({ register: registry })
  const made = new Map<string, Untyped>()
  const collects = new Map<string, (gauge: Untyped) => void>()

  function metric(name: MetricName): Untyped {
    const known = made.get(name)
    if (known !== undefined) return known
    const one = make(name, table[name], { registers: [registry], collect: () => collects.get(name)?.(one) })
    made.set(name, one)
    return one
  }

  const untyped = {
    counter: metric,
    gauge: (name: MetricName, collect?: (gauge: Untyped) => void) => {
      if (collect !== undefined) collects.set(name, collect)
      return metric(name)
    },
    histogram: metric,
    render: () => registry.metrics(),
    contentType: registry.contentType,
  }
  return untyped as Metrics
}

/** As prom-client takes it, whatever its kind and its labels. */
type Of = readonly (Labels | number)[]
type Untyped = Record<'inc' | 'dec' | 'set' | 'observe' | 'remove', (...of: Of) => void> & { reset(): void }
type Made = { registers: Registry[]; collect(): void }

function make(name: MetricName, metric: Metric, { registers, collect }: Made): Untyped {
  const { kind, help, labels } = metric
  const given = { name, help, labelNames: Object.keys(labels), registers }
  const gauge = kind === 'gauge' ? new Gauge({ ...given, collect }) : null
  const counter = kind === 'counter' ? new Counter(given) : null
  if (counter !== null) for (const of of zerosOf(labels)) counter.inc(of, 0) // an alarm needs a 0 to rise from
  const histogram = kind === 'histogram' ? new Histogram({ ...given, buckets: seconds }) : null
  const drop = (of: Labels) => (counter ?? gauge)?.remove(of)
  const seen = isOfAccounts(metric) ? boundSeries(MOST_SERIES, Object.keys(labels), drop) : () => undefined
  const written =
    (write: (labels: Labels, value: number) => void, unsaid: number) =>
    (...of: Of) => {
      const [which, value = unsaid] = typeof of[0] === 'object' ? [of[0], of[1]] : [{}, of[0]]
      write(which, Number(value))
      seen(which)
    }
  return {
    inc: written((which, by) => (counter ?? gauge)?.inc(which, by), 1),
    dec: written((which, by) => gauge?.dec(which, by), 1),
    set: written((which, value) => gauge?.set(which, value), 0),
    observe: written((which, value) => histogram?.observe(which, value), 0),
    remove: written(which => gauge?.remove(which), 0),
    reset: () => gauge?.reset(),
  }
}

/** Every series, where the labels have words alone. */
function zerosOf(labels: Metric['labels']): readonly Labels[] {
  return Object.entries(labels).reduce<readonly Labels[]>(
    (all, [label, words]) => all.flatMap(of => (labelWords(words) ?? []).map(word => ({ ...of, [label]: word }))),
    [{}],
  )
}
