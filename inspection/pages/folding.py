"""Templates whose constant parts are drawn once (docs/decisions/0010).

Half of a page is the same for everybody who reads it in the same language: words, icons, addresses, names of static files.
Drawing them anew cost a third of the time of a page. The loader here finds the runs of nodes that depend on nothing but the
language when a template is first used, and puts a node in their place that remembers what they came to.
"""

from itertools import groupby

from django.template.base import FilterExpression, Node, NodeList, TextNode, TokenType, Variable
from django.template.defaulttags import IfNode, URLNode
from django.template.library import SimpleNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.translation import get_language

LISTS = ("nodelist", "nodelist_loop", "nodelist_empty", "nodelist_true", "nodelist_false")


def constant(function):
    """Mark the function of a simple tag: with literal arguments its answer depends on nothing but the language."""
    function.constant = True
    return function


class Constant(Node):
    """Nodes that always come to the same text in one language."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]):
        self.nodes = NodeList(nodes)
        self.drawn: dict[tuple, str] = {}

    def render(self, context):
        """What they come to, remembered by language."""
        key = (get_language(), context.autoescape)
        text = self.drawn.get(key)
        if text is None:
            text = self.drawn[key] = self.nodes.render(context)
        return text


class _Folding(base.Loader):
    def get_template(self, template_name, skip=None):
        template = super().get_template(template_name, skip)
        fold(template.nodelist)
        return template


class Loader(cached.Loader, _Folding):
    """Django's cached loader. Templates are folded before it keeps them: another thread may draw them at once."""


def fold(nodes: NodeList) -> None:
    """Put a Constant in the place of every run of constant nodes, at every depth."""
    folded = []
    for same, run in groupby(nodes, _is_constant):
        run = list(run)
        if same and any(not isinstance(node, TextNode) for node in run):
            folded.append(Constant(run))
        else:
            folded += run
            for node in run:
                for inner in _inside(node):
                    fold(inner)
    nodes[:] = folded


def _inside(node: Node) -> list[NodeList]:
    """The lists of nodes within a node."""
    if isinstance(node, IfNode):
        return [inner for _condition, inner in node.conditions_nodelists]
    found = (getattr(node, name, None) for name in LISTS)
    return [inner for inner in found if isinstance(inner, NodeList)]


def _is_constant(node: Node) -> bool:
    match node:
        case TextNode():
            return True
        case TranslateNode():
            return not node.asvar and _literal(node.filter_expression) and _literal(node.message_context)
        case BlockTranslateNode():
            texts_only = all(token.token_type == TokenType.TEXT for token in node.singular)
            return texts_only and not (node.plural or node.extra_context or node.asvar) and _literal(node.message_context)
        case URLNode():
            return not (node.asvar or node.args or node.kwargs) and _literal(node.view_name)
        case StaticNode():
            return node.varname is None and _literal(node.path)
        case SimpleNode():
            pure = getattr(node.func, "constant", False) and node.target_var is None and not node.takes_context
            return pure and all(map(_literal, (*node.args, *node.kwargs.values())))
    return False


def _literal(expression: FilterExpression | None) -> bool:
    """Whether it is a text or number written in the template, without filters."""
    if expression is None:
        return True
    if expression.filters:
        return False
    # `trans` turns its text into a Variable that looks nothing up.
    return not expression.is_var or (isinstance(expression.var, Variable) and expression.var.lookups is None)
