# The API, the worker, the migration and Chroma: one image, four commands. Build it from the root of the repository.
FROM python:3.12.14-slim-bookworm AS built
ENV UV_NO_CACHE=1
WORKDIR /source
COPY requirements/uv.txt requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/uv.txt \
    && python -m venv --without-pip /opt/genai-stack
# Without dependencies: the file names each of them with its hash, and leaves out what nothing here runs.
RUN uv pip install --python /opt/genai-stack/bin/python --no-deps --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY backend backend
RUN uv pip install --python /opt/genai-stack/bin/python --no-deps .
COPY scripts/compile_bytecode.py scripts/build_embedder.py scripts/
RUN /opt/genai-stack/bin/python scripts/compile_bytecode.py && /opt/genai-stack/bin/python scripts/build_embedder.py

FROM python:3.12.14-slim-bookworm
# The image brings Python's library without bytecode, and a container that cannot write would compile it at each start.
# /data is there and owned, so that a volume put over it can be written by who runs here.
RUN python -m compileall -q -x '/(test|idlelib|tkinter|ensurepip|site-packages)/' /usr/local/lib/python3.12 \
    && groupadd --gid 10001 genai-stack \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin genai-stack \
    && install -d -o 10001 -g 10001 /data
COPY --from=built /opt/genai-stack /opt/genai-stack
ENV PATH=/opt/genai-stack/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GENAI_STACK_HOST=0.0.0.0 \
    GENAI_STACK_DATA=/data \
    GENAI_STACK_DISPATCH=distributed \
    GENAI_STACK_LOG_FORMAT=json \
    GENAI_STACK_WORKER_PORT=8001
USER 10001:10001
WORKDIR /data
EXPOSE 8000 8001
ENTRYPOINT ["genai-stack"]
CMD ["serve"]
