// Makes an instance and chooses it, so that its code is what comes next.
import { useSignal } from '@preact/signals'
import type { Outcome } from './call-api.ts'
import { createInstance } from './desk.ts'
import { bringChosenIntoSight } from './document.ts'
import { say, sayFailure } from './language.ts'

export function CreateForm() {
  const name = useSignal('')
  const takesHistory = useSignal(false)
  const isBusy = useSignal(false)
  const made = useSignal<{ name: string; outcome: Outcome } | null>(null)

  async function send(event: Event) {
    event.preventDefault()
    const given = name.value.trim()
    if (isBusy.value || given === '') return
    isBusy.value = true
    const outcome = await createInstance({ name: given, historySync: takesHistory.value })
    made.value = { name: given, outcome }
    if (outcome.kind === 'answer') {
      name.value = ''
      takesHistory.value = false
      bringChosenIntoSight()
    }
    isBusy.value = false
  }

  return (
    <form onSubmit={send} aria-labelledby="create-heading">
      <h3 id="create-heading">{say('createHeading')}</h3>
      <label for="new-name">{say('createName')}</label>
      <div class="line">
        <input
          id="new-name"
          maxLength={200}
          autocomplete="off"
          value={name.value}
          required
          onInput={event => {
            name.value = event.currentTarget.value
          }}
        />
        <button type="submit" disabled={isBusy.value}>
          {say('create')}
        </button>
      </div>
      <label class="choice">
        <input
          type="checkbox"
          checked={takesHistory.value}
          onChange={event => {
            takesHistory.value = event.currentTarget.checked
          }}
        />
        {say('createHistory')}
      </label>
      <p role="status" class="quiet">
        {made.value !== null && sayMade(made.value)}
      </p>
    </form>
  )
}

function sayMade({ name, outcome }: { name: string; outcome: Outcome }): string {
  return outcome.kind === 'answer' ? say('created', { name }) : sayFailure(outcome)
}
