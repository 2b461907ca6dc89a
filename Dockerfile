# The client and the façade; the model runs in SGLang's own container (compose.yaml).
# It serves all addresses of the container, so it needs keys: docker run --env VTC_SERVE_API_KEYS=…
ARG PYTHON=3.13
FROM python:${PYTHON}-slim AS build
# serve: for a model server elsewhere. serve,local: the embedded model too (torch, 1 GB more).
ARG EXTRAS=serve
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY . .
RUN python -m venv /opt/vtc-r1 \
    && /opt/vtc-r1/bin/python -m pip install ".[${EXTRAS}]"

FROM python:${PYTHON}-slim
RUN groupadd --gid 10001 vtc \
    && useradd --uid 10001 --gid vtc --create-home vtc \
    && install -d -o vtc -g vtc /data
COPY --from=build /opt/vtc-r1 /opt/vtc-r1
ENV PATH=/opt/vtc-r1/bin:$PATH PYTHONUNBUFFERED=1 XDG_CACHE_HOME=/tmp/cache
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import http.client as h, sys; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/health'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["vtc-r1"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--save", "/data/traces"]
