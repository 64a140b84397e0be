// Asks a running service with both generated clients: the functions of orval, and fetch with the
// types of openapi-typescript.  Prints what is wrong and exits with 1.
//
//   usage: node ask.js http://ADDRESS
import * as client from './orval.js';
import type { components, paths } from './types.js';

declare const process: { argv: string[]; exitCode?: number };

const base = process.argv[2] ?? '';
const send = globalThis.fetch;
// The client does not know where the service is: in a browser paths are relative to the page.
globalThis.fetch = (input, init) => send(new URL(String(input), base), init);

let checks = 0;
function check(holds: boolean, about: string): asserts holds {
  checks++;
  if (!holds) throw new Error(about);
}

const events = ['deploy_started', 'deploy_finished', 'error_rate_high'];

async function askWithFunctions() {
  const one = await client.predict({ model: 'incident', events });
  check(one.status === 200, 'a history gets 200');
  check('probabilities' in one.data, 'a history gets a prediction');
  const prediction = one.data as client.Prediction; // open types are not narrowed by "in"
  const sum = Object.values(prediction.probabilities).reduce((a, b) => a + b, 0);
  check(Math.abs(sum - 1) < 1e-6, 'probabilities add up to 1');
  check(prediction.action !== null, 'the model decides');
  check(prediction.action in prediction.probabilities, 'the action is one of the actions');

  const fields = { service: 'checkout' };
  const history: client.History = { id: 'INC-7', fields, events: [{ event: 'error_rate_high', time: 0 }] };
  const many = await client.predict({ model: 'incident', histories: [history, { events }] });
  check(many.status === 200 && 'predictions' in many.data, 'histories get predictions');
  const { predictions } = many.data as client.Predictions;
  check(predictions.length === 2 && predictions[0]?.id === 'INC-7', 'the id is returned');

  const bad = await client.predict({ model: 'incident', events: [] });
  check(bad.status === 422 && bad.data.code === 'invalid-input', 'no event is invalid input');
  check(bad.data.errors?.[0]?.pointer === '/events', 'the problem has a place');
  const kind = await client.getProblem(bad.data.code);
  check(kind.status === 200 && kind.data.type === bad.data.type, 'the kind is described');
  const nobody = await client.getModel('nobody');
  check(nobody.status === 404 && nobody.data.code === 'unknown-model', 'no such model');

  const forecast = await client.forecast({ model: 'orders', events: ['placed', 'paid'], beam: 2 });
  check(forecast.status === 200, 'a history gets a forecast');
  const { continuations } = forecast.data;
  check(continuations.length === 2, 'as many continuations as the beam is wide');
  check(continuations[0]?.events[0] === 'packed' && continuations[0].ended, 'the most probable one');
  const other = await client.forecast({ model: 'incident', events });
  check(other.status === 422 && other.data.errors?.[0]?.pointer === '/model', 'a model of another task');

  const models = await client.listModels();
  check(models.status === 200 && models.data.models.length > 0, 'models are listed');
  const model = await client.getModel('incident');
  check(model.status === 200 && model.data.actions.length > 1, 'a model has actions');
  const schema = await client.getModelSchema('incident');
  check(schema.status === 200 && 'Prediction' in schema.data.$defs, 'a model has a schema');
  const ready = await client.getReady({ verbose: '' });
  check(ready.status === 200 && ready.data.status === 'ready', 'the service is ready');
}

type Predict = paths['/predict']['post'];
type PredictBody = Predict['requestBody']['content']['application/json'];
type PredictAnswer = Predict['responses'][200]['content']['application/json'];
type Line = components['schemas']['StreamAnswer'];

async function askWithTypes() {
  const body: PredictBody = { model: 'incident', events };
  // fetch calls a string text/plain.
  const answer = await fetch('/predict', { method: 'POST', body: JSON.stringify(body) });
  check(answer.status === 200, 'a string gets 200');
  const prediction = (await answer.json()) as PredictAnswer;
  check('action' in prediction, 'a string gets a prediction');

  const headers = { 'Content-Type': 'application/x-ndjson' };
  const lines = `${JSON.stringify(body)}\n{"events": []}\n`;
  const stream = await fetch('/predict', { method: 'POST', headers, body: lines });
  const [first, second] = (await stream.text()).trim().split('\n').map((line) => JSON.parse(line) as Line);
  check(first !== undefined && 'action' in first, 'a line gets a prediction');
  check(second !== undefined && 'error' in second, 'a bad line gets an error');
  const error = second.error as components['schemas']['Problem'];
  check(error.code === 'invalid-input', 'the error of a line has a code');
}

try {
  await askWithFunctions();
  await askWithTypes();
  console.log(`clients: ${checks} checks of the generated clients passed`);
} catch (error) {
  console.log(`FAILED: ${error}`);
  process.exitCode = 1;
}
