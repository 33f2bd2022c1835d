// One account, or a few: its state, what of it is where, and what is asked of it.
import type { Board } from './board.ts'
import { ageOf, greatest, increase, perSecond, value } from './query.ts'

const chosen = '$account'

export const account: Board = {
  name: 'account',
  title: 'zaplog: one account',
  description: 'One account, or a few that are chosen above; below it what is asked of all of them.',
  variable: { name: 'account', label: 'instance_id', metric: 'zaplog_instance_state' },
  rows: [
    {
      title: 'The account',
      panels: [
        {
          ...{ title: 'State', shows: 'table', down: 'log', cli: 'zaplog instances show ID' },
          tells: 'Whether it is open.',
          queries: [{ query: value('zaplog_instance_state', { by: ['instance_id', 'state'], where: { instance_id: chosen } }) }],
        },
        {
          ...{ title: 'Last word from WhatsApp', down: 'log', cli: 'zaplog instances show ID' },
          tells: 'How long ago anything came. An open account is heard twice a minute.',
          queries: [
            {
              query: ageOf('zaplog_instance_last_stanza_timestamp_seconds', {
                by: ['instance_id'],
                where: { instance_id: chosen },
              }),
            },
          ],
        },
        {
          ...{ title: 'Received, appended, projected, delivered', down: 'projections', cli: 'zaplog events why ID' },
          tells: 'projected falls behind appended: the read model; delivered: receivers.',
          queries: [
            {
              query: perSecond('zaplog_accounted_by_instance_total', { by: ['instance', 'stage'], where: { instance: chosen } }),
            },
          ],
        },
        {
          ...{ title: 'Files that failed', down: 'media', cli: 'zaplog media list --status failed' },
          tells: 'Whether this account fails, or all. Why says `zaplog media why`.',
          queries: [
            {
              query: increase('zaplog_media_instance_failures_total', '1h', {
                by: ['instance_id', 'stage'],
                where: { instance_id: chosen },
              }),
            },
          ],
        },
        {
          ...{ title: 'Turns left', down: 'log', cli: 'zaplog commands list' },
          tells: 'Messages to people that it may send at once. 0 for long: more is asked of it than its pace lets go.',
          queries: [{ query: value('zaplog_outgoing_turns_left', { by: ['instance_id'], where: { instance_id: chosen } }) }],
        },
      ],
    },
    {
      title: 'What is asked of all accounts',
      panels: [
        {
          ...{ title: 'Commands that wait', down: 'log', cli: 'zaplog commands list --state waiting' },
          tells: 'By what they wait for; start: the account is open soon, or not open.',
          queries: [{ query: value('zaplog_commands_waiting', { by: ['reason'] }) }],
        },
        {
          ...{ title: 'Oldest command', down: 'log', cli: 'zaplog commands list --state waiting' },
          tells: 'Near COMMAND_EXPIRES_AFTER the next ones fail as expired.',
          queries: [{ query: greatest('zaplog_commands_oldest_seconds') }],
        },
        {
          ...{ title: 'Not over', down: 'log', cli: 'zaplog commands list --state waiting' },
          tells: 'Rises for long: more is asked for than goes out.',
          queries: [{ query: value('zaplog_commands_unfinished') }],
        },
        {
          ...{ title: 'Commands that ended', down: 'log', cli: 'zaplog commands list --state failed' },
          tells: 'By outcome. rate-limited and account-restricted are about the account, the others about what was asked for.',
          queries: [{ query: perSecond('zaplog_commands_ended_total', { by: ['outcome'] }) }],
        },
        {
          ...{ title: 'Signs of processing', down: 'log', cli: 'zaplog processing list' },
          tells: 'left-out: more sessions than the account shows at once; refused: WhatsApp’s word.',
          queries: [{ query: perSecond('zaplog_processing_signs_total', { by: ['outcome'] }) }],
        },
      ],
    },
  ],
}
