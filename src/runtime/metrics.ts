// Prometheus metrics of one process. Names begin with zaplog_, base units; asking twice for a name answers the same metric.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

type Spec = { name: `zaplog_${string}`; help: string; labels?: readonly string[] }
export type Metrics = {
  counter(spec: Spec): Counter
  gauge(spec: Spec & { collect?: (gauge: Gauge) => void | Promise<void> }): Gauge
  histogram(spec: Spec & { buckets?: readonly number[] }): Histogram
  /** Text in Prometheus' exposition format. */
  render(): Promise<string>
  contentType: string
}

const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]

export function createMetrics(options: { processMetrics: boolean }): Metrics {
  const registry = new Registry()
  if (options.processMetrics) collectDefaultMetrics({ register: registry })
  const once = <T>(name: string, create: () => T): T => {
    const known = registry.getSingleMetric(name)
    return known === undefined ? create() : (known as T)
  }
  return {
    counter: ({ name, help, labels = [] }) =>
      once(name, () => new Counter({ name, help, labelNames: [...labels], registers: [registry] })),
    gauge: ({ name, help, labels = [], collect }) =>
      once(
        name,
        () =>
          new Gauge({
            name,
            help,
            labelNames: [...labels],
            registers: [registry],
            ...(collect && {
              collect() {
                return collect(this)
              },
            }),
          }),
      ),
    histogram: ({ name, help, labels = [], buckets = seconds }) =>
      once(name, () => new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] })),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
