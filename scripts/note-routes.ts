// The routes of the API as they are declared: noted, and none is called.
import type { z } from 'zod'
import { deadLetterRoutes } from '../src/api/dead-letters/dead-letter-routes.ts'
import { askingRoutes, ownRoutes, seenRoutes } from '../src/api/open-api.ts'
import { rebuildRoutes } from '../src/api/rebuilds/rebuild-routes.ts'
import { replayRoutes } from '../src/api/replays/replay-routes.ts'

export type NotedRoute = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As the router has it. */
  url: string
  schema: {
    summary: string
    params?: z.ZodObject
    querystring?: z.ZodObject
    body?: z.ZodType
    response: Readonly<Record<string, unknown>>
  }
}

/** Of what accounts are asked for, of what is seen of them, of replays, rebuilds and dead letters. */
export const noteRoutes = (): readonly NotedRoute[] =>
  noted((app, deps) => {
    seenRoutes(app, deps)
    askingRoutes(app, deps)
    replayRoutes(app, deps)
    rebuildRoutes(app, deps)
    deadLetterRoutes(app, deps)
  })

/** Of accounts themselves, and of who is told what happens. */
export const noteOwnRoutes = (): readonly NotedRoute[] => noted((app, deps) => ownRoutes(app, deps))

type App = Parameters<typeof seenRoutes>[0]
/** Whatever one of them uses once it is called. */
type Deps = Parameters<typeof seenRoutes>[1] &
  Parameters<typeof askingRoutes>[1] &
  Parameters<typeof replayRoutes>[1] &
  Parameters<typeof rebuildRoutes>[1] &
  Parameters<typeof deadLetterRoutes>[1] &
  Parameters<typeof ownRoutes>[1]

function noted(declare: (app: App, deps: Deps) => void): readonly NotedRoute[] {
  const all: NotedRoute[] = []
  // What is asked of these while routes are declared: where to put them, and where calls are kept for the dialects.
  const app = { route: (one: NotedRoute) => void all.push(one) } as unknown as App
  declare(app, { calls: new Map() } as unknown as Deps)
  return all
}
