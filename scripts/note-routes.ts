// The routes of what accounts are asked for, of what is seen of them and of replays, as they are declared: noted, and none is called.
import type { z } from 'zod'
import { askingRoutes, seenRoutes } from '../src/api/open-api.ts'
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

export function noteRoutes(): readonly NotedRoute[] {
  const noted: NotedRoute[] = []
  // What is asked of these while routes are declared: where to put them, and where calls are kept for the dialects.
  const app = { route: (one: NotedRoute) => void noted.push(one) } as unknown as Parameters<typeof seenRoutes>[0]
  const deps = { calls: new Map() } as unknown as Parameters<typeof seenRoutes>[1] &
    Parameters<typeof askingRoutes>[1] &
    Parameters<typeof replayRoutes>[1]
  seenRoutes(app, deps)
  askingRoutes(app, deps)
  replayRoutes(app, deps)
  return noted
}
