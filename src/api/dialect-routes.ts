// The calls of other products, each of which is there where the settings name it.
import type { Config } from '../runtime/config.ts'
import { cloudApiRoutes } from './cloud-api/cloud-api.ts'
import type { App } from './create-app.ts'
import { evolutionRoutes } from './evolution/evolution.ts'

type Deps = Parameters<typeof evolutionRoutes>[1] & Parameters<typeof cloudApiRoutes>[1] & Pick<Config, 'dialects'>

export async function dialectRoutes(app: App, deps: Deps): Promise<void> {
  if (deps.dialects.includes('evolution')) await evolutionRoutes(app, deps)
  if (deps.dialects.includes('cloud-api')) await cloudApiRoutes(app, deps)
}
