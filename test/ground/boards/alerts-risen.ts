// What a real Prometheus makes of the alerts.
import { expect } from 'vitest'
import type { Prometheus, Rule } from '../../../infra/services/prometheus.ts'
import { until } from '../until.ts'

type Risen = { name: string; state: string; labels: Readonly<Record<string, string>> }

/** Those that are pending or firing. */
export const risenOf = (rules: readonly Rule[]): readonly Risen[] =>
  rules.flatMap(({ name, alerts = [] }) => alerts.map(({ state, labels }) => ({ name, state, labels })))

/** Resolves once it has lasted for as long as it has to; rejects with the alerts that are risen instead. */
export async function untilFiring(prometheus: Prometheus, name: string, labels: Risen['labels'] = {}): Promise<void> {
  let risen: readonly Risen[] = []
  const isFiring = async () => {
    risen = risenOf(await prometheus.rules())
    return risen.some(
      one =>
        one.name === name &&
        one.state === 'firing' &&
        Object.entries(labels).every(([label, word]) => one.labels[label] === word),
    )
  }
  await until(`${name} to fire`, isFiring).catch(cause => {
    throw new Error(`${name} ${JSON.stringify(labels)} does not fire; risen are ${JSON.stringify(risen)}`, { cause })
  })
}

/** Resolves once none of these is pending or firing. */
export const untilQuiet = (prometheus: Prometheus, names: readonly string[]): Promise<unknown> =>
  until(
    `${names.join(', ')} to be quiet`,
    async () => !risenOf(await prometheus.rules()).some(({ name }) => names.includes(name)),
  )

/** Every alert is evaluated, and none fails to be. */
export async function expectEvaluated(prometheus: Prometheus, names: readonly string[]): Promise<void> {
  const rules = await prometheus.rules()
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
  expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]))
}
