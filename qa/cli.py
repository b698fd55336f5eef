"""The ``qa`` command: it gathers the commands, and it alone turns errors into exit codes.

0 answered · 1 a bug · 2 wrong usage or bad input · 3 no supported answer · 4 nothing indexed or a missing
file, model or key · 5 an eval gate failed · 6 the model's service failed · 130 interrupted.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from index.errors import EmbeddingServiceFailed, IndexFailure
from qa.commands import BaseUrlOption, IndexOption, ModelOption
from qa.errors import Missing, QAError, ServiceError, UsageError
from qa.terminal import safe

COMMANDS = ("index", "search", "ask", "chat", "brief", "eval", "models", "cache", "config", "doctor")

BUG, USAGE, MISSING, SERVICE, INTERRUPTED, PIPE_CLOSED = 1, 2, 4, 6, 130, 141


class _ReaderGone(Exception):
    """Whoever read our standard output has closed it."""


class _Group(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name in COMMANDS if name in self.commands]

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Left to typer this would end with exit code 1, which is for bugs.
            raise _ReaderGone from None


app = typer.Typer(
    name="qa",
    cls=_Group,
    help="Answers from news articles, every sentence backed by an article's exact words.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing rich would double the time that it takes
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"qa {version('qa-news')}")
        raise typer.Exit


@app.callback()
def _global_options(
    ctx: typer.Context,
    index: IndexOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Configuration file, instead of qa.toml here and in the user's folder.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    ctx.ensure_object(dict)["flags"] = {
        "index": index,
        "model": model,
        "base_url": base_url,
        "config": config,
    }


def _register() -> None:
    for name in COMMANDS:
        if importlib.util.find_spec(f"qa.commands.{name}") is None:
            continue
        module = importlib.import_module(f"qa.commands.{name}")
        if hasattr(module, "app"):
            module.app.rich_markup_mode = None
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))


_register()


def exit_code(error: Exception) -> int:
    """The exit code for an error; BUG for everything that is not meant for a user."""
    if isinstance(error, UsageError | TyperException):
        return USAGE
    if isinstance(error, ServiceError | EmbeddingServiceFailed):
        return SERVICE
    if isinstance(error, Missing | IndexFailure):
        return MISSING
    return BUG


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; errors become one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        result = app(arguments, prog_name="qa", standalone_mode=False)
        sys.stdout.flush()
    except (_ReaderGone, BrokenPipeError):
        # The interpreter flushes stdout once more when it ends; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PIPE_CLOSED
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except TyperException as error:
        _say(_usage_sentence(error))
        return USAGE
    except (QAError, IndexFailure) as error:
        _say(str(error))
        return exit_code(error)
    except Exception:
        _say("this is a bug in qa; please report it together with the lines below")
        import traceback

        traceback.print_exc()
        return BUG
    return result if isinstance(result, int) else 0


def _usage_sentence(error: TyperException) -> str:
    message = error.format_message().strip().rstrip(".")
    context = getattr(error, "ctx", None)
    # Without any message the help has been printed already.
    return f"{message}; see '{context.command_path} --help'" if message and context is not None else message


def _say(sentence: str) -> None:
    if sentence:
        print(f"qa: {safe(sentence)}", file=sys.stderr)


def main() -> None:
    """The console command."""
    sys.exit(run())
