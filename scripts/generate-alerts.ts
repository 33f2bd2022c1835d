// Turns the alerts (scripts/alerts/) into Prometheus' rules and into docs/alerts.md, what to do about each; answers file path -> content.
import { stringify } from 'yaml'
import type { Alert } from './alerts/alert.ts'
import { alertGroups } from './alerts/alerts.ts'
import { uidOf } from './boards/board.ts'
import { boards } from './boards/boards.ts'

export const generateAlerts = (): ReadonlyMap<string, string> =>
  new Map([
    ['infra/prometheus/zaplog.rules.yml', rulesHead + stringify({ groups: alertGroups.map(groupOf) }, { lineWidth: 0 })],
    ['docs/alerts.md', [docsHead, ...alertGroups.map(sectionOf), pictures].join('\n')],
  ])

const groupOf = ({ name, alerts }: (typeof alertGroups)[number]) => ({ name, rules: alerts.map(ruleOf) })

const ruleOf = ({ name, expr, for: lasts, severity, summary, means, action, cli, board }: Alert) => ({
  alert: name,
  expr,
  for: lasts,
  labels: { severity },
  annotations: {
    summary,
    description: means,
    action,
    cli,
    runbook: `docs/alerts.md#${name.toLowerCase()}`,
    dashboard: `/d/${uidOf(board)}`,
  },
})

const sectionOf = ({ title, alerts }: (typeof alertGroups)[number]): string => `## ${title}\n\n${alerts.map(entryOf).join('\n')}`

const entryOf = ({ name, expr, for: lasts, severity, summary, means, action, cli, board }: Alert): string =>
  [
    `### ${name}`,
    '',
    `${summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '`$1`').replaceAll(/\{\{ \$value[^}]*\}\}/g, '*n*')} Severity ${severity}, after ${lasts}; board \`${board}\`.`,
    '',
    `**Means:** ${means}`,
    '',
    `**Look first at:** \`${cli}\``,
    '',
    `**Do:** ${action}`,
    '',
    '```promql',
    expr,
    '```',
    '',
  ].join('\n')

const pictures = `## What boards show of an incident

A minute or two on one machine. Texts and files are sent, a history is told, a replay and a rebuild run; Kafka is killed and comes back; then a receiver answers 503, another one refuses one message for
good, the object store is away, and a second process, which has the API alone, has neither files nor disk left to open and fill; an account is unlinked and another one hears nothing any more, and
Postgres is away as well; then all of it is back. The pictures are **drawn of what the boards’ queries answered, not by Grafana**: by \`npm run board-pictures\`, of
[boards/answers.jsonl](boards/answers.jsonl). There each second is a scrape, rates are over 10 s, and an account is silent after 12 s instead of ten minutes, an endpoint failing after 5 s instead of five minutes; dotted lines are what happened.
\`was\` beside a number is the worst of that time.

${boards.map(({ name, title }) => `![${title}](boards/${name}.svg)`).join('\n\n')}
`

const rulesHead = `# What docker-compose.yml's Prometheus evaluates. Generated from scripts/alerts/ by npm run generate.
`

const docsHead = `# Alerts

<!-- Generated from scripts/alerts/ by npm run generate. -->

What Prometheus evaluates (\`infra/prometheus/zaplog.rules.yml\`), and what to do about each. Names are a promise (\`docs/contract.md\`). \`page\`: somebody has
to look now; \`ticket\`: within the day. Alertmanager groups them and sends them where \`infra/alertmanager/alertmanager.yml\` says: nowhere until you
write it there. Of each the rule is tried by \`promtool test rules\` on series on which it fires, and on such on which it does not. [docs/metrics.md](../docs/metrics.md) says of each metric
what it means.

zaplog serves files from the object store without a cache of its own, so that there is no alert for one.
`
