// What is said of a bench: its line for people, and its JSON for `compare` and the tables.
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { type Measured, quantile, round } from './measure.ts'

const perPart = z.record(z.string(), z.number())

/** A line of `--json`. */
export type BenchResult = z.infer<typeof benchResult>
export const benchResult = z.object({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  bare: z.number(),
  ratio: z.number(),
  /** Between which the middle half of the ratios of all slices of all runs lies. */
  spread: z.tuple([z.number(), z.number()]),
  runs: z.number(),
  /** null: not written down, before these lines were. */
  n: z.number().nullable(),
  seconds: z.number().nullable(),
  /** Per operation: ms of CPU by part, and statements of the embedded Postgres. */
  cpuMs: perPart,
  bareCpuMs: perPart,
  statements: z.number().nullable(),
  more: perPart,
  /** Cores that other programs kept busy: in the second before the run, and during it. null: nobody looked. */
  load: z.object({ before: z.number(), during: z.number() }).nullable(),
  /** The day, and the machine. */
  on: z.string(),
  machine: z.string(),
})

export type Load = NonNullable<BenchResult['load']>
type OneRun = { measured: Measured; load: Load }

/** Of a file of such lines; throws with the number of the line that is none. */
export const readResults = (text: string): readonly BenchResult[] =>
  text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const parsed = benchResult.safeParse(JSON.parse(line))
    if (!parsed.success) throw new Error(`line ${index + 1}: expected a line of --json: ${z.prettifyError(parsed.error)}`)
    return [parsed.data]
  })

/** With more than this the machine was not ours. */
const BUSY_CORES = 0.5

export const isBusy = (load: Load | null): load is Load => load !== null && Math.max(load.before, load.during) > BUSY_CORES

/** Of the run in the middle by ratio; its spread is that of all. */
export function medianOf(name: string, runs: readonly OneRun[]): BenchResult {
  const sorted = runs.toSorted((one, other) => ratioOf(one.measured) - ratioOf(other.measured))
  const median = sorted[Math.floor((runs.length - 1) / 2)]
  if (median === undefined) throw new Error(`${name}: no run`)
  const ratios = runs.flatMap(({ measured }) => measured.ratios ?? [ratioOf(measured)])
  return resultOf(name, median, ratios, runs.length)
}

function resultOf(name: string, { measured, load }: OneRun, ratios: readonly number[], runs: number): BenchResult {
  const { value, unit, bare, n, seconds, more = {}, usage } = measured
  return {
    name,
    value: round(value),
    unit,
    bare: round(bare),
    ratio: round(ratioOf(measured)),
    spread: [round(quantile(ratios, 0.25)), round(quantile(ratios, 0.75))],
    runs,
    n,
    seconds: round(seconds),
    cpuMs: usage?.cpuMs ?? {},
    bareCpuMs: usage?.bareCpuMs ?? {},
    statements: usage?.statements ?? null,
    more: Object.fromEntries(Object.entries(more).map(([key, number]) => [key, round(number)])),
    load: { before: round(load.before), during: round(load.during) },
    on: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores, Node ${process.versions.node}`,
  }
}

const ratioOf = ({ value, bare }: Measured): number => value / bare

export function sentence(result: BenchResult): string {
  const { value, unit, bare, ratio, spread, n, seconds, more, statements, load } = result
  return [
    `${value} ${unit}, bare ${bare}, ratio ${ratio} (${spread.join('-')}; ${n} in ${seconds} s)`,
    ...Object.entries(more).map(([key, number]) => `${key} ${number}`),
    ...saidOf('CPU ms each', result.cpuMs),
    ...saidOf('bare CPU ms each', result.bareCpuMs),
    ...(statements === null ? [] : [`${statements} statements each`]),
    ...(isBusy(load) ? [`ON A BUSY MACHINE: others took ${load.before} cores before the run, ${load.during} during it`] : []),
  ].join(', ')
}

/** What an operation costs of zaplog's own CPU, in its process or the bench's, and of its Postgres'; null where it was not watched. */
export function ownCpuMs({ cpuMs }: BenchResult): { zaplog: number; postgres: number } | null {
  const { zaplog = cpuMs.bench, postgres = 0 } = cpuMs
  return zaplog === undefined ? null : { zaplog, postgres }
}

function saidOf(what: string, parts: Readonly<Record<string, number>>): readonly string[] {
  const said = Object.entries(parts).map(([part, ms]) => `${part} ${ms}`)
  return said.length === 0 ? [] : [`${what}: ${said.join(' + ')}`]
}
