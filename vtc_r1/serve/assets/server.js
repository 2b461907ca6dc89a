// What is asked of the server, and how its events come in.

class ServerError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const send = async (method, path, body) => {
  const options = { method, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new ServerError(0, "The server cannot be reached.");
  }
  let values = null;
  try {
    values = await answer.json();
  } catch {
    values = null;
  }
  if (answer.ok) return values;
  throw new ServerError(answer.status, values?.error?.message || `The server answers ${answer.status}.`);
};

let unlocking = null;

// Ask for the API key until one is right.
const unlock = () => {
  unlocking ??= new Promise((resolve) => {
    const dialog = byId("locked");
    dialog.oncancel = (event) => event.preventDefault();
    byId("unlock").onsubmit = async (event) => {
      event.preventDefault();
      try {
        await send("POST", "api/session", { key: byId("key").value });
      } catch (error) {
        byId("wrong-key").textContent = error.message;
        byId("wrong-key").hidden = false;
        return;
      }
      byId("key").value = "";
      byId("wrong-key").hidden = true;
      dialog.close();
      unlocking = null;
      resolve();
    };
    dialog.showModal();
  });
  return unlocking;
};

const ask = async (method, path, body) => {
  for (;;) {
    try {
      return await send(method, path, body);
    } catch (error) {
      if (error.status !== 401) throw error;
      await unlock();
    }
  }
};

// Whether a server answers at all, whatever it says.
const isThere = async () => {
  try {
    await fetch("health", { cache: "no-store", signal: AbortSignal.timeout(4000) });
    return true;
  } catch {
    return false;
  }
};

// The whole log of a finished solve.
const logOf = (id) =>
  new Promise((resolve, reject) => {
    const events = [];
    const stop = follow(
      id,
      (event) => {
        events.push(event);
        if (event.type === "finished") resolve(events);
      },
      (kind) => {
        if (kind === null) return;
        stop();
        reject(new ServerError(0, kind === "gone" ? "This solve is no longer on the server." : "The server cannot be reached."));
      },
    );
  });

// Follow the log of a solve; the browser itself connects again, and says how far it has read.
const follow = (id, take, fail) => {
  const source = new EventSource(`api/solves/${id}/events`);
  source.onmessage = (message) => {
    fail(null);
    const event = JSON.parse(message.data);
    take(event);
    if (event.type === "finished") source.close();
  };
  source.onerror = () => fail(source.readyState === EventSource.CLOSED ? "gone" : "lost");
  return () => source.close();
};
