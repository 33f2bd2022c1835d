// Turns the boards (scripts/boards/) into what Grafana provisions, infra/grafana/dashboards; answers file path -> content.
import { boards } from './boards/boards.ts'
import { dashboardOf } from './boards/grafana.ts'

export const generateBoards = (): ReadonlyMap<string, string> =>
  new Map(
    boards.map(board => [`infra/grafana/dashboards/${board.name}.json`, `${JSON.stringify(dashboardOf(board), null, 2)}\n`]),
  )
