// `npm run bench -- NAME [--json] [--runs N]`: runs a bench, by default three times, and prints the median by ratio.
// Each bench measures the bare library in the same run: on a noisy machine only the ratio counts.

export type BenchResult = {
  name: string
  value: number
  unit: string
  /** The same work with the bare library, in the same unit. */
  bare: number
  ratio: number
  /** Operations per run. */
  n: number
  seconds: number
}

const benches: Readonly<Record<string, () => Promise<{ bench(): Promise<BenchResult> }>>> = {
  simulator: () => import('./simulator.ts'),
}

const { names, json, runs } = readArguments(process.argv.slice(2))
for (const name of names) print(await medianOf(name, runs), json)

function readArguments(args: readonly string[]): { names: readonly string[]; json: boolean; runs: number } {
  const at = args.indexOf('--runs')
  const runs = at < 0 ? 3 : Number(args[at + 1])
  const names = args.filter((arg, index) => !arg.startsWith('--') && (at < 0 || index !== at + 1))
  const unknown = names.filter(name => !(name in benches))
  if (unknown.length === 0 && names.length > 0 && Number.isInteger(runs) && runs > 0)
    return { names, json: args.includes('--json'), runs }
  process.stderr.write(`usage: npm run bench -- NAME [--json] [--runs N]\nbenches: ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}

async function medianOf(name: string, runs: number): Promise<BenchResult> {
  const results: BenchResult[] = []
  for (let run = 0; run < runs; run++) {
    const load = benches[name]
    if (load === undefined) throw new Error(`no bench ${name}`)
    results.push(await (await load()).bench())
    process.stderr.write(`${name}: run ${run + 1} of ${runs} done\n`)
  }
  const median = results.toSorted((one, other) => one.ratio - other.ratio)[Math.floor((runs - 1) / 2)]
  if (median === undefined) throw new Error(`${name}: no run`)
  return median
}

function print(result: BenchResult, json: boolean): void {
  const rounded = {
    ...result,
    value: round(result.value),
    bare: round(result.bare),
    ratio: round(result.ratio),
    seconds: round(result.seconds),
  }
  if (json) process.stdout.write(`${JSON.stringify(rounded)}\n`)
  else
    process.stdout.write(
      `${rounded.name}: ${rounded.value} ${rounded.unit}, bare ${rounded.bare}, ratio ${rounded.ratio} (${rounded.n} in ${rounded.seconds} s)\n`,
    )
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
