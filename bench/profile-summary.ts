// Where the time of a main thread went, by a profile of V8 (Chrome DevTools Protocol, Profiler.Profile): by whose code it was, and by function.
// What Node and the engine do, as writes to sockets and hashes, counts for the code that called them.
import { round } from './measure.ts'

type Node = {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number }
  children?: readonly number[] | undefined
}
/** `samples`: ids of nodes; `timeDeltas`: µs since the sample before. */
export type CpuProfile = {
  nodes: readonly Node[]
  samples?: readonly number[] | undefined
  timeDeltas?: readonly number[] | undefined
}

/** Per cent of the time in which the thread was at work. */
export type Share = { name: string; percent: number }
export type Summary = {
  /** Of the whole time, in per cent. */
  busyPercent: number
  code: readonly Share[]
  functions: readonly Share[]
}

const repository = new URL('..', import.meta.url).href
const OWN_LINES = 12

export function summarise(profiles: readonly CpuProfile[]): Summary {
  const code = new Map<string, number>()
  const functions = new Map<string, number>()
  const spent = { busy: 0, idle: 0 }
  for (const profile of profiles) {
    const owners = ownersOf(profile.nodes)
    const byId = new Map(profile.nodes.map(node => [node.id, node]))
    for (const [at, id] of (profile.samples ?? []).entries()) {
      const node = byId.get(id)
      const us = profile.timeDeltas?.[at] ?? 0
      if (node === undefined || us <= 0) continue
      const { functionName, url } = node.callFrame
      if (functionName === '(idle)' || url === 'node:inspector') spent.idle += us
      else {
        spent.busy += us
        add(code, owners.get(id) ?? 'Node', us)
        add(functions, functionNamed(node, owners.get(id) ?? 'Node'), us)
      }
    }
  }
  const whole = spent.busy + spent.idle
  return {
    busyPercent: whole === 0 ? 0 : percentOf(spent.busy, whole),
    code: largest(code, spent.busy),
    functions: largest(functions, spent.busy),
  }
}

/** Whose work each node is: its own file's, or that of who called it where it is Node's or has none. */
function ownersOf(nodes: readonly Node[]): ReadonlyMap<number, string> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id] as const)))
  const owners = new Map<number, string>()
  // A node stands behind the one that called it.
  for (const { id, callFrame } of nodes) {
    const { url, functionName } = callFrame
    const parent = owners.get(parents.get(id) ?? -1)
    owners.set(id, functionName.startsWith('(') ? engine(functionName) : (ownerOf(url) ?? parent ?? 'Node'))
  }
  return owners
}

const engine = (functionName: string): string =>
  functionName === '(garbage collector)' ? 'garbage collection' : 'Node, outside JavaScript'

/** A package or a room of ours; null: Node's, or the engine's. */
function ownerOf(url: string): string | null {
  const inPackages = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (inPackages !== undefined) return inPackages
  if (url.startsWith(repository)) return url.slice(repository.length).split('/').slice(0, -1).slice(0, 3).join('/')
  return url.startsWith('wasm:') ? 'whatsapp-rust-bridge' : null
}

function functionNamed({ callFrame: { functionName, url, lineNumber } }: Node, owner: string): string {
  if (functionName.startsWith('(')) return functionName
  const file = url.slice(url.lastIndexOf('/') + 1)
  return `${functionName || 'anonymous'} (${ownerOf(url) === null ? `for ${owner}` : `${file}:${lineNumber + 1}`})`
}

const add = (sums: Map<string, number>, name: string, us: number) => sums.set(name, (sums.get(name) ?? 0) + us)
const percentOf = (us: number, whole: number): number => round((us / whole) * 100)

const largest = (sums: ReadonlyMap<string, number>, whole: number): readonly Share[] =>
  [...sums]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, OWN_LINES)
    .map(([name, us]) => ({ name, percent: percentOf(us, whole) }))
