// `npm run bench -- NAME... [--json] [--runs N] [--profile]`: runs benches, by default three times each on the same ground, and prints the
// median by ratio. Each run measures the bare library too, in turns: on a noisy machine only the ratio counts. `all` is all of them; without a name they
// are listed. With --profile each prints, as Markdown, where the time of one run went, and no figure. `compare A.json B.json` sets two files of --json side by side, and ends with 1 where a line got worse.

import { readFile } from 'node:fs/promises'
import { benches } from './benches.ts'
import { compare, comparisonTable } from './compare.ts'
import { coresOfOthers } from './cpu.ts'
import { type Measured, NotHere } from './measure.ts'
import { takeProfile } from './profile.ts'
import { type BenchResult, type Load, medianOf, readResults, sentence } from './result.ts'

const exitCodes = { failed: 1, usage: 2, notHere: 75 } as const
const signals = ['SIGINT', 'SIGTERM'] as const
const isBetter = { higher: 'Higher is better', lower: 'Lower is better' } as const
/** How long the machine is watched before each run. */
const LOOK_MS = 1_000

const [verb, ...files] = process.argv.slice(2)
if (verb === 'compare') process.exitCode = await compareFiles(files)
else await runBenches(readArguments(process.argv.slice(2)))

/** 1 where a line got worse. */
async function compareFiles(paths: readonly string[]): Promise<number> {
  if (paths.length !== 2) sayUsage()
  const [before = [], after = []] = await Promise.all(paths.map(async path => readResults(await readFile(path, 'utf8'))))
  const compared = compare(before, after)
  process.stdout.write(`${comparisonTable(compared)}\n`)
  return compared.some(({ verdict }) => verdict === 'worse') ? exitCodes.failed : 0
}

type Wanted = { names: readonly string[]; json: boolean; runs: number }

function readArguments(given: readonly string[]): Wanted {
  const at = given.indexOf('--runs')
  const runs = at < 0 ? 3 : Number(given[at + 1])
  const named = given.filter((arg, index) => !arg.startsWith('--') && (at < 0 || index !== at + 1))
  const names = named.includes('all') ? Object.keys(benches) : named
  if (names.length > 0 && names.every(name => name in benches) && Number.isInteger(runs) && runs > 0)
    return { names, json: given.includes('--json'), runs }
  return sayUsage()
}

function sayUsage(): never {
  const list = Object.entries(benches).map(([name, { what, better }]) => `  ${name.padEnd(17)}${what}. ${isBetter[better]}`)
  const usage =
    'npm run bench -- NAME... | all [--json] [--runs N] [--profile]\n       npm run bench -- compare BEFORE.json AFTER.json'
  process.stderr.write(`usage: ${usage}\n\n${list.join('\n')}\n`)
  process.exit(exitCodes.usage)
}

async function runBenches({ names, json, runs }: Wanted): Promise<void> {
  for (const name of names)
    try {
      const result = await measure(name, runs)
      process.stdout.write(`${takeProfile(name) ?? (json ? JSON.stringify(result) : `${name}: ${sentence(result)}`)}\n`)
    } catch (error) {
      if (!(error instanceof NotHere)) throw error
      process.stderr.write(`${name}: ${error.message}\n`)
      process.exitCode = exitCodes.notHere
    }
}

async function measure(name: string, runs: number): Promise<BenchResult> {
  const bench = await benches[name]?.load()
  if (bench === undefined) throw new Error(`no bench ${name}`)
  const closing = new AsyncDisposableStack()
  const close = closeOnce(closing)
  try {
    const run = await bench(closing)
    const done: { measured: Measured; load: Load }[] = []
    while (done.length < runs) {
      const { cores: before } = await coresOfOthers(() => new Promise(passed => setTimeout(passed, LOOK_MS)))
      const { result: measured, cores: during } = await coresOfOthers(run)
      const one = { measured, load: { before, during } }
      done.push(one)
      process.stderr.write(`${name}: run ${done.length} of ${runs}: ${sentence(medianOf(name, [one]))}\n`)
    }
    return medianOf(name, done)
  } finally {
    await close()
  }
}

/** What was opened is closed once, and also when we are told to end: then we end. */
function closeOnce(closing: AsyncDisposableStack): () => Promise<void> {
  let closed: Promise<void> | null = null
  const close = () => {
    for (const signal of signals) process.off(signal, endEarly)
    closed ??= closing.disposeAsync()
    return closed
  }
  const endEarly = () => void close().finally(() => process.exit(exitCodes.failed))
  for (const signal of signals) process.once(signal, endEarly)
  return close
}
