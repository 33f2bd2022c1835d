// What is asked of an account about its chats: changes, reads, stars, labels, who is there, calls, channels, and what the phone has of the past. Each is a command.
import type { ActionDeps } from '../commands/action-routes.ts'
import type { App } from '../create-app.ts'
import { callActionRoutes } from './call-action-routes.ts'
import { channelActionRoutes } from './channel-action-routes.ts'
import { chatActionRoutes } from './chat-action-routes.ts'
import { labelActionRoutes } from './label-action-routes.ts'
import { presenceActionRoutes } from './presence-action-routes.ts'

export function actionsInChats(app: App, deps: ActionDeps): void {
  chatActionRoutes(app, deps)
  presenceActionRoutes(app, deps)
  callActionRoutes(app, deps)
  channelActionRoutes(app, deps)
  labelActionRoutes(app, deps)
}
