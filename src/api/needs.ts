// Who may make a call: said once, in the description of its route, and read there by the door.

/** `metrics`: METRICS_TOKEN or the administrator's key. */
export type Need = 'nothing' | 'metrics' | 'admin'
type Security = readonly Readonly<Record<string, readonly string[]>>[]

/** As OpenAPI says it: one of these is enough; none is an empty list. */
export const securityOf = (need: Need): { [scheme: string]: string[] }[] =>
  need === 'nothing' ? [] : [...(need === 'metrics' ? [{ metricsToken: [] }] : []), { bearer: [] }, { apikey: [] }]

/** Closed by default: what does not say that it needs less is the administrator's. */
export function needOf(route: { security?: Security } | undefined): Need {
  const security = route?.security
  if (security?.length === 0) return 'nothing'
  return security?.some(one => 'metricsToken' in one) ? 'metrics' : 'admin'
}

export const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apikey: { type: 'apiKey', in: 'header', name: 'apikey' },
  metricsToken: { type: 'http', scheme: 'bearer', description: 'METRICS_TOKEN, for metrics alone; `apikey` takes it, too' },
} as const
