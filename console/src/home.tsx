// The page at /: instances and the chosen one, or what to do first.

import { CreateForm } from './create-form.tsx'
import { chosen, chosenId, listed } from './desk.ts'
import { Frame } from './frame.tsx'
import { InstanceList, State } from './instance-list.tsx'
import type { Instance } from './instance-rows.ts'
import { key } from './key.ts'
import { KeyForm } from './key-form.tsx'
import { say, sayTime } from './language.ts'
import { MessageList } from './message-list.tsx'
import { ownCommand } from './own-command.ts'
import { QrView } from './qr-view.tsx'

export function Home() {
  return (
    <Frame at="home">
      {key.value === null && <KeyForm />}
      {listed.value !== null || key.value !== null ? <Desk /> : <NextSteps />}
    </Frame>
  )
}

function Desk() {
  return (
    <div class="desk">
      <section class="panel" aria-labelledby="instances-heading">
        <h2 id="instances-heading">{say('instances')}</h2>
        <InstanceList />
        <CreateForm />
      </section>
      <section id="chosen" class="panel" aria-labelledby="chosen-heading">
        {chosen.value === null ? <NoneChosen /> : <Chosen instance={chosen.value} />}
      </section>
    </div>
  )
}

const NoneChosen = () => (
  <h2 id="chosen-heading" class="quiet">
    {say(chosenId.value === null || listed.value === null ? 'choose' : 'gone')}
  </h2>
)

function Chosen({ instance }: { instance: Instance }) {
  const { id, name, state, reasonText, stateAt, phone } = instance
  return (
    <>
      <h2 id="chosen-heading">
        <bdi>{name}</bdi>
      </h2>
      <p role="status">
        <State state={state} /> <span class="quiet">{say('since', { time: sayTime(stateAt) })}</span>
      </p>
      {reasonText !== null && <p>{reasonText}</p>}
      <dl>
        <dt>{say('id')}</dt>
        <dd>
          <code>{id}</code>
        </dd>
        {phone !== null && (
          <>
            <dt>{say('phone')}</dt>
            <dd>+{phone}</dd>
          </>
        )}
      </dl>
      {state !== 'open' && <QrView instance={instance} />}
      <MessageList />
    </>
  )
}

const NextSteps = () => (
  <section class="panel" aria-labelledby="next-heading">
    <h2 id="next-heading">{say('nextHeading')}</h2>
    <p class="quiet">{say('tagline')}</p>
    <ul>
      <li>
        {say('nextPair')} <code>{ownCommand(location.origin)} instances create --name "Support"</code>
      </li>
      <li>
        {say('nextWebhooks')} <code>{ownCommand(location.origin)} webhooks listen</code>
      </li>
      <li>{say('nextTopics')}</li>
      <li>{say('nextOperate')}</li>
    </ul>
    <p class="quiet">{say('nextKey')}</p>
  </section>
)
