"""The cast: one invented person for each kind of user, and what each of them is."""

from types import SimpleNamespace

from inspection.accounts.models import RoleGrant, User
from inspection.accounts.roles import Role
from rounds.models import Person

# username: (name, office-wide roles, in the talent pool)
CAST = {
    "admin": ("顾安民", [Role.SYSADMIN], False),
    "secadmin": ("严守成", [Role.SECADMIN], False),
    "auditor": ("秦明理", [Role.AUDITOR], False),
    "office": ("林晓禾", [Role.OFFICE], False),
    "chief": ("程以宁", [Role.CHIEF], False),
    "custodian": ("白敬之", [Role.CUSTODIAN], False),
    "leader1": ("沈知远", [], True),
    "leader2": ("韩秋实", [], True),
    "clerk1": ("姜书宁", [], True),
    "member1": ("苏子墨", [], True),
    "member2": ("陆清和", [], True),
    "liaison1": ("罗文川", [Role.LIAISON], False),
}
POOL = ("叶舟行", "邵一鸣", "夏晚晴", "温如故", "景行之", "卓然", "裴远山", "薛清扬", "纪云帆", "向初阳", "莫问津", "许未央")


def cast(password: str) -> SimpleNamespace:
    """The cast by username, made where missing; everybody's password is `password`."""
    people = SimpleNamespace()
    for username, (name, roles, pooled) in CAST.items():
        user = User.objects.filter(username=username).first()
        if user is None:
            user = User.objects.create_user(username=username, name=name, password=password, demonstration=True)
            RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
            if pooled:
                Person.objects.create(name=name, code=f"RC-{username}", user=user, post="处级干部")
        setattr(people, username, user)
    for number, name in enumerate(POOL, start=1):
        Person.objects.get_or_create(code=f"RC-{number:03d}", defaults={"name": name, "post": "处级干部"})
    people.pool = list(Person.objects.filter(user=None).order_by("code"))
    return people
