// Node clients, each asked once whole, once as a stream and once about a picture: NAME BASE_URL MODEL KEY URI.
// VTC_CLIENTS_NODE names the folder with their packages. Prints the three answers as JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [name, baseURL, model, apiKey, uri] = process.argv.slice(2);
const found = createRequire(process.env.VTC_CLIENTS_NODE + "/x.js");
const load = (packageName) => import(pathToFileURL(found.resolve(packageName)));
const question = "1+2*3-4+5", shown = "Which colour is it?";
const asked = [{ role: "user", content: question }];
const parts = [{ type: "text", text: shown }, { type: "image_url", image_url: { url: uri } }];
const looked = [{ role: "user", content: parts }];

async function joined(stream, piece) {
  let text = "";
  for await (const one of stream) text += piece(one) ?? "";
  return text;
}

async function sdk(made) {
  const { generateText, streamText } = await load("ai");
  const content = [{ type: "text", text: shown }, { type: "image", image: uri }];
  const whole = await generateText({ model: made, prompt: question });
  const said = await joined(streamText({ model: made, prompt: question }).textStream, (one) => one);
  const seen = await generateText({ model: made, messages: [{ role: "user", content }] });
  return [whole.text, said, seen.text];
}

const clients = {
  async openai() {
    const { default: OpenAI } = await load("openai");
    const chat = new OpenAI({ baseURL, apiKey }).chat.completions;
    const whole = await chat.create({ model, messages: asked });
    const stream = await chat.create({ model, messages: asked, stream: true });
    const said = await joined(stream, (one) => one.choices[0]?.delta.content);
    const seen = await chat.create({ model, messages: looked });
    return [whole.choices[0].message.content, said, seen.choices[0].message.content];
  },
  async openai_responses() {
    const { default: OpenAI } = await load("openai");
    const responses = new OpenAI({ baseURL, apiKey }).responses;
    const content = [{ type: "input_text", text: shown }, { type: "input_image", image_url: uri, detail: "auto" }];
    const whole = await responses.create({ model, input: question });
    const stream = await responses.create({ model, input: question, stream: true });
    const said = await joined(stream, (one) => (one.type === "response.output_text.delta" ? one.delta : ""));
    const seen = await responses.create({ model, input: [{ role: "user", content }] });
    return [whole.output_text, said, seen.output_text];
  },
  async ai_sdk_compatible() {
    const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
    return sdk(createOpenAICompatible({ name: "loop", baseURL, apiKey })(model));
  },
  async ai_sdk_openai() {
    const { createOpenAI } = await load("@ai-sdk/openai");
    return sdk(createOpenAI({ baseURL, apiKey })(model));
  },
  async langchain() {
    const { ChatOpenAI } = await load("@langchain/openai");
    const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL } });
    const said = await joined(await chat.stream(question), (one) => one.content);
    return [(await chat.invoke(question)).content, said, (await chat.invoke(looked)).content];
  },
  async llamaindex() {
    const { OpenAI } = await load("@llamaindex/openai");
    const chat = new OpenAI({ model, apiKey, baseURL });
    const said = await joined(await chat.chat({ messages: asked, stream: true }), (one) => one.delta);
    const whole = await chat.chat({ messages: asked }), seen = await chat.chat({ messages: looked });
    return [whole.message.content, said, seen.message.content];
  },
};

const [chat, stream, image] = await clients[name]();
console.log(JSON.stringify({ chat, stream, image }));
