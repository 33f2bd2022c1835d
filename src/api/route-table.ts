// The methods that a path has, for whoever asks with another one, and who may make calls there.
import type { App } from './create-app.ts'
import { type Need, needOf } from './needs.ts'

export type RouteTable = {
  /** null: no route has this path. Methods in alphabetical order. */
  at(path: string): { methods: readonly string[]; need: Need } | null
}
type Entry = { pattern: RegExp; methods: Set<string>; need: Need }

/** Knows the routes that are added after it. */
export function openRouteTable(app: App): RouteTable {
  const entries = new Map<string, Entry>()
  app.addHook('onRoute', ({ url, method, schema }) => {
    const entry = entries.get(url) ?? { pattern: patternOf(url), methods: new Set(), need: needOf(schema) }
    for (const one of [method].flat()) entry.methods.add(one)
    entries.set(url, entry)
  })
  return {
    at: path => {
      // Several where a name stands in for a parameter, such as redrive for an id.
      const matching = [...entries.values()].filter(({ pattern }) => pattern.test(path))
      const [entry] = matching
      const methods = new Set(matching.flatMap(one => [...one.methods]))
      return entry === undefined ? null : { methods: [...methods].sort(), need: entry.need }
    },
  }
}

/** As the router reads them: `:name` is one segment, `:name(…)` one that reads like this, `*` is the rest. */
function patternOf(url: string): RegExp {
  const segments = url.split('/').map(segment => {
    if (segment.startsWith(':')) return /\((.*)\)$/.exec(segment)?.[1] ?? '[^/]+'
    return segment === '*' ? '.*' : segment.replaceAll('.', '\\.')
  })
  return new RegExp(`^${segments.join('/')}$`)
}
